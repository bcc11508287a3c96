// A value that belongs to one entity. The check makes "entities share nothing" a fact instead of a habit: touching it
// while another entity's event is handled is a ContractError. (Outside run() anybody may: models are built and read
// there.)
#pragma once

#include <utility>

#include "sim/engine/simulation.hpp"

namespace orrery::sim::engine {

template <class T>
class Local {
 public:
  template <class... Args>
  explicit Local(EntityId owner, Args&&... args) : owner_(owner), value_(std::forward<Args>(args)...) {}

  T& get(const Simulation& simulation) {
    check(simulation);
    return value_;
  }
  const T& get(const Simulation& simulation) const {
    check(simulation);
    return value_;
  }
  EntityId owner() const { return owner_; }

 private:
  void check(const Simulation& simulation) const { EXPECT(!simulation.current() || simulation.current() == owner_); }

  EntityId owner_;
  T value_;
};

}  // namespace orrery::sim::engine
