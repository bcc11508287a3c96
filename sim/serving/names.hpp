// Under which names nodes stand on the chain. A node begins with one and gets another each time that it registers anew;
// the chain cannot tell that both are one node's, and whoever worked under the old name is still to be found under it.
//
// First names are numbered as their nodes are, later ones go on from there by time: where nobody takes a new name, a
// name is its node.
#pragma once

#include <vector>

#include "sim/id.hpp"
#include "sim/units.hpp"

namespace orrery::sim::serving {

struct Name {
  NodeId node;                 // whose it is
  Time since;                  // when the node took it,
  Time until = Time::never();  // and left it behind
  NodeId before;               // the name that it took the place of; none: the node's first
};

class Names {
 public:
  // `taken`: by node, when it took new names, ascending.
  explicit Names(const std::vector<std::vector<Time>>& taken);

  std::size_t size() const { return names_.size(); }
  const Name& operator[](std::size_t name) const { return names_[name]; }
  // The name that a node went by at a time, itself included where it took it just then.
  NodeId at(NodeId node, Time time) const;

 private:
  std::vector<Name> names_;
  std::vector<std::vector<NodeId>> of_node_;  // ascending in time
};

}  // namespace orrery::sim::serving
