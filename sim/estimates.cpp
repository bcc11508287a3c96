#include "sim/estimates.hpp"

#include <limits>

namespace orrery::sim {
namespace {

class Announced final : public Estimates {
 public:
  double tokens_per_s(const NodeView& node, BlockSpan span) const override { return 1 / token_s(node, span); }
  double token_s(const NodeView& node, BlockSpan span) const override {
    EXPECT(!span.empty() && node.inference_rps > 0);
    return span.size() / node.inference_rps;
  }
  double latency_s(NodeId, NodeId) const override { return 0; }
  double bandwidth(NodeId, NodeId) const override { return std::numeric_limits<double>::infinity(); }
  double token_bytes() const override { return 1; }
};

}  // namespace

const Estimates& estimates(const SwarmView& view) {
  static const Announced announced;
  return view.estimates ? *view.estimates : announced;
}

}  // namespace orrery::sim
