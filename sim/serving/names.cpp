#include "sim/serving/names.hpp"

#include <algorithm>

namespace orrery::sim::serving {

Names::Names(const std::vector<std::vector<Time>>& taken) : of_node_(taken.size()) {
  for (std::uint32_t i = 0; i < taken.size(); ++i) names_.push_back({.node = NodeId(i)});
  for (std::uint32_t i = 0; i < taken.size(); ++i) {
    EXPECT(std::is_sorted(taken[i].begin(), taken[i].end()));
    for (const Time at : taken[i]) names_.push_back({.node = NodeId(i), .since = at});
  }
  const auto later = names_.begin() + static_cast<std::ptrdiff_t>(taken.size());
  std::stable_sort(later, names_.end(), [](const Name& a, const Name& b) { return a.since < b.since; });
  for (std::uint32_t n = 0; n < names_.size(); ++n) {
    std::vector<NodeId>& same = of_node_[names_[n].node.index()];
    if (!same.empty()) {
      names_[n].before = same.back();
      names_[same.back().index()].until = names_[n].since;
    }
    same.emplace_back(n);
  }
}

NodeId Names::at(NodeId node, Time time) const {
  const std::vector<NodeId>& same = of_node_[node.index()];
  const auto next = std::upper_bound(same.begin(), same.end(), time,
                                     [this](Time t, NodeId name) { return t < names_[name.index()].since; });
  EXPECT(next != same.begin());
  return *std::prev(next);
}

}  // namespace orrery::sim::serving
