// A placement written down in the scenario.
#include <algorithm>
#include <string>

#include "sim/sharding/policy.hpp"

namespace orrery::sim::sharding {
namespace {

struct Line {
  std::int64_t node = 0;
  std::int64_t begin = 0;
  std::int64_t end = 0;
  static Fields<Line> fields() {
    return Fields<Line>()
        .integer("node", &Line::node, "1", "number of the node, from 0 in the order of the swarm", 0, 4e9)
        .integer("begin", &Line::begin, "block", "first block it serves", 0, 1e6)
        .integer("end", &Line::end, "block", "one past the last block it serves", 0, 1e6);
  }
};

class Fixed final : public ShardingPolicy {
 public:
  struct Params {
    std::vector<Line> spans;
    static Fields<Params> fields() {
      return Fields<Params>().rows("spans", &Params::spans,
                                   "which node serves which blocks; who is not listed serves none");
    }
  };
  static About about() {
    return {"fixed", "the placement that the scenario writes down",
            "Every node serves the blocks [begin, end) that its line in `spans` gives, from its first moment on and "
            "whenever it comes back; nodes without a line serve nothing, and nobody moves. For placements that were "
            "published or made elsewhere. A line beyond the model or beyond what the node can hold, a node with two "
            "lines, and, where the whole swarm is placed, a block that no line covers, are errors.",
            "ours"};
  }
  explicit Fixed(const Params& params) : params_(params) {
    for (std::size_t i = 0; i < params.spans.size(); ++i) {
      const Line& line = params.spans[i];
      VALIDATE(line.begin < line.end, "sharding.spans", text(line) + " is empty", "a span needs begin < end",
               "Leave nodes that serve nothing out.");
      const auto same = [&line](const Line& other) { return other.node == line.node; };
      VALIDATE(std::none_of(params.spans.begin(), params.spans.begin() + static_cast<std::ptrdiff_t>(i), same),
               "sharding.spans", "node " + std::to_string(line.node) + " has two lines",
               "a node serves one run of blocks", "Remove one of them.");
    }
  }

  std::vector<BlockSpan> place(const SwarmView& view, Draw&) const override {
    std::vector<BlockSpan> spans;
    std::vector<bool> covered(static_cast<std::size_t>(view.blocks), false);
    for (const NodeView& node : view.nodes) {
      spans.push_back(span_of(view, node));
      for (int b = spans.back().begin; b < spans.back().end; ++b) covered[static_cast<std::size_t>(b)] = true;
    }
    const auto hole = std::find(covered.begin(), covered.end(), false);
    VALIDATE(params_.spans.empty() || hole == covered.end(), "sharding.spans",
             "nobody serves block " + std::to_string(hole - covered.begin()),
             "the model has " + std::to_string(view.blocks) + " and every one is needed", "Add a line that covers it.");
    return spans;
  }

  BlockSpan join(const SwarmView& view, std::size_t self, Draw&) const override {
    return span_of(view, view.nodes[self]);
  }

 private:
  static std::string text(const Line& line) {
    return "[" + std::to_string(line.begin) + ", " + std::to_string(line.end) + ") of node " +
           std::to_string(line.node);
  }

  BlockSpan span_of(const SwarmView& view, const NodeView& node) const {
    const auto mine = [&node](const Line& l) { return l.node == static_cast<std::int64_t>(node.node.index()); };
    const auto line = std::find_if(params_.spans.begin(), params_.spans.end(), mine);
    if (line == params_.spans.end()) return {};
    VALIDATE(line->end <= view.blocks, "sharding.spans", text(*line) + " is beyond the model",
             "it has " + std::to_string(view.blocks) + " blocks", "Shorten the span.");
    VALIDATE(line->end - line->begin <= node.max_blocks, "sharding.spans", text(*line) + " does not fit",
             "the node holds " + std::to_string(node.max_blocks) + " blocks",
             "Shorten the span, or lower serving.cache_tokens.");
    return {static_cast<int>(line->begin), static_cast<int>(line->end)};
  }

  Params params_;
};

ORRERY_REGISTER(ShardingPolicy, Fixed);

}  // namespace
}  // namespace orrery::sim::sharding
