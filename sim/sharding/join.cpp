#include "sim/sharding/join.hpp"

#include "sim/estimates.hpp"
#include "sim/sharding/pipelines.hpp"
#include "sim/sharding/window.hpp"

namespace orrery::sim::sharding {

std::vector<double> rates_per_block(const SwarmView& view, std::span<const BlockSpan> spans, std::size_t self) {
  std::vector<double> rates(static_cast<std::size_t>(view.blocks), 0.0);
  for (std::size_t i = 0; i < spans.size(); ++i) {
    if (i == self || spans[i].empty()) continue;
    add_load(rates, spans[i], estimates(view).tokens_per_s(view.nodes[i], spans[i]));
  }
  return rates;
}

BlockSpan join_where_thinnest(const SwarmView& view, std::size_t self) {
  const int width = capacity(view.nodes[self], view.blocks);
  if (width == 0) return {};
  std::vector<BlockSpan> announced;
  for (const NodeView& node : view.nodes) announced.push_back(node.span);
  const int start = thinnest_start(rates_per_block(view, announced, self), width);
  return {start, start + width};
}

void settle_rest(const SwarmView& view, std::vector<BlockSpan>& spans) {
  std::vector<double> rates = rates_per_block(view, spans, spans.size());
  for (std::size_t i = 0; i < spans.size(); ++i) {
    const int width = capacity(view.nodes[i], view.blocks);
    if (!spans[i].empty() || width == 0) continue;
    const int start = thinnest_start(rates, width);
    spans[i] = {start, start + width};
    add_load(rates, spans[i], estimates(view).tokens_per_s(view.nodes[i], spans[i]));
  }
}

std::vector<std::size_t> nodes_with_room(const SwarmView& view) {
  std::vector<std::size_t> list;
  for (std::size_t i = 0; i < view.nodes.size(); ++i) {
    if (capacity(view.nodes[i], view.blocks) > 0) list.push_back(i);
  }
  return list;
}

}  // namespace orrery::sim::sharding
