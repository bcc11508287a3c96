#include "sim/sharding/operator_graph.hpp"

#include <algorithm>
#include <queue>
#include <tuple>

#include "kernels/contract.hpp"

namespace orrery::sim::sharding {

std::vector<int> topological_order(const OperatorGraph& graph, std::span<const double> keys) {
  EXPECT(keys.empty() || keys.size() == graph.size());
  std::vector<int> unread(graph.size(), 0);  // producers that have not come yet
  for (const Operator& op : graph) {
    for (int c : op.consumers) {
      EXPECT(c >= 0 && static_cast<std::size_t>(c) < graph.size());
      ++unread[static_cast<std::size_t>(c)];
    }
  }
  using Entry = std::pair<double, int>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> ready;
  const auto key = [&keys](int v) { return keys.empty() ? 0.0 : keys[static_cast<std::size_t>(v)]; };
  for (int v = 0; v < static_cast<int>(graph.size()); ++v) {
    if (unread[static_cast<std::size_t>(v)] == 0) ready.emplace(key(v), v);
  }
  std::vector<int> order;
  while (!ready.empty()) {
    const int v = ready.top().second;
    ready.pop();
    order.push_back(v);
    for (int c : graph[static_cast<std::size_t>(v)].consumers) {
      if (--unread[static_cast<std::size_t>(c)] == 0) ready.emplace(key(c), c);
    }
  }
  EXPECT(order.size() == graph.size());  // no cycle
  return order;
}

// For a fixed l, r grows by one operator v at a time. A tensor comes in when its first consumer within the segment
// joins; v's own tensor goes out as long as its last consumer is not within.
SegmentCosts::SegmentCosts(const OperatorGraph& graph, std::span<const int> order)
    : n_(static_cast<int>(order.size())), work_(order.size() + 1, 0.0) {
  EXPECT(order.size() == graph.size());
  const std::size_t n = order.size();
  in_.assign((n + 1) * (n + 1), 0.0);
  out_ = in_;
  std::vector<int> place(n);
  for (std::size_t k = 0; k < n; ++k) place[static_cast<std::size_t>(order[k])] = static_cast<int>(k);
  std::vector<std::vector<int>> inputs(n);  // by place: places of what it reads
  std::vector<int> last(n, -1);             // by place: of the last consumer
  std::vector<double> bytes(n);
  for (std::size_t k = 0; k < n; ++k) {
    const Operator& op = graph[static_cast<std::size_t>(order[k])];
    work_[k + 1] = work_[k] + op.work;
    bytes[k] = op.output_bytes;
    for (int c : op.consumers) {
      const int at = place[static_cast<std::size_t>(c)];
      inputs[static_cast<std::size_t>(at)].push_back(static_cast<int>(k));
      last[k] = std::max(last[k], at);
    }
  }
  std::vector<std::vector<int>> ends(n);  // by place: producers whose last consumer stands there
  for (std::size_t k = 0; k < n; ++k) {
    if (last[k] >= 0) ends[static_cast<std::size_t>(last[k])].push_back(static_cast<int>(k));
  }
  std::vector<int> came(n, -1);  // by place of the producer: the l for which its tensor has come in
  for (int l = 0; l < n_; ++l) {
    double in = 0, out = 0;
    for (int r = l; r < n_; ++r) {
      const auto v = static_cast<std::size_t>(r);
      for (int producer : inputs[v]) {
        if (producer >= l || came[static_cast<std::size_t>(producer)] == l) continue;
        came[static_cast<std::size_t>(producer)] = l;
        in += bytes[static_cast<std::size_t>(producer)];
      }
      if (last[v] >= 0) out += bytes[v];
      for (int producer : ends[v]) {
        if (producer >= l) out -= bytes[static_cast<std::size_t>(producer)];
      }
      in_[index(l, r + 1)] = in;
      out_[index(l, r + 1)] = out;
    }
  }
}

}  // namespace orrery::sim::sharding
