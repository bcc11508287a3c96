// A model as a graph of operators, and what a run of them costs a pipeline stage: the input of the max-throughput
// partitioning problem (Archer et al., Practical Performance Guarantees for Pipelined DNN Inference, ICML 2024,
// arXiv:2311.03703).
#pragma once

#include <span>
#include <vector>

namespace orrery::sim::sharding {

struct Operator {
  double work = 0;             // relative; what a node makes of it is for the caller
  double output_bytes = 0;     // one tensor, sent once to every later stage that reads it
  std::vector<int> consumers;  // operators that read it
};
using OperatorGraph = std::vector<Operator>;

// Kahn's order: an operator comes after all it reads from; of those that may come next, the one with the smallest key
// (ties: lowest index). Without keys, the lowest index. EXPECTs a graph without cycles and indices within it.
std::vector<int> topological_order(const OperatorGraph& graph, std::span<const double> keys = {});

// Costs of the segments [l, r) of an order, 0 <= l < r <= n: bytes that come in from before it and go out behind it,
// each tensor counted once, and work. Built in O(n^2 + n m) for n operators and m edges; a query is O(1).
class SegmentCosts {
 public:
  SegmentCosts(const OperatorGraph& graph, std::span<const int> order);
  double bytes_in(int l, int r) const { return in_[index(l, r)]; }
  double bytes_out(int l, int r) const { return out_[index(l, r)]; }
  double work(int l, int r) const { return work_[static_cast<std::size_t>(r)] - work_[static_cast<std::size_t>(l)]; }
  int size() const { return n_; }

 private:
  std::size_t index(int l, int r) const {
    return static_cast<std::size_t>(l) * static_cast<std::size_t>(n_ + 1) + static_cast<std::size_t>(r);
  }
  int n_;
  std::vector<double> in_, out_;  // [l][r]
  std::vector<double> work_;      // sums of the first operators of the order
};

}  // namespace orrery::sim::sharding
