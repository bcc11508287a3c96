#include "sim/sharding/chain_search.hpp"

// Optimal chains beside the naive twin, which tries all of them, and beside every policy.

#include <algorithm>
#include <limits>
#include <numeric>

#include <gtest/gtest.h>

#include "sim/sharding/join.hpp"
#include "tests/sim/config/message.hpp"
#include "tests/sim/sharding/planned.hpp"
#include "tests/sim/sharding/stages.hpp"

namespace orrery::sim::sharding {
namespace {

// Tries every chain, node by node and length by length.
struct Naive {
  const SwarmView& view;
  std::vector<bool> used = std::vector<bool>(view.nodes.size(), false);
  double rate = 0;
  double seconds = std::numeric_limits<double>::infinity();

  void extend(NodeId last, int block, double slowest, double spent, bool in_order) {
    const Estimates& e = estimates(view);
    if (block == view.blocks) {
      rate = std::max(rate, std::min(slowest, e.link_tokens_per_s(last, NodeId())));
      seconds = std::min(seconds, spent + e.hop_s(last, NodeId()));
      return;
    }
    for (std::size_t i = 0; i < view.nodes.size(); ++i) {
      const NodeView& node = view.nodes[i];
      if (used[i] || (in_order && last && node.node < last)) continue;
      used[i] = true;
      for (int end = block + 1; end <= std::min(view.blocks, block + node.max_blocks); ++end) {
        const double stage = std::min(e.tokens_per_s(node, {block, end}), e.link_tokens_per_s(last, node.node));
        extend(node.node, end, std::min(slowest, stage),
               spent + e.hop_s(last, node.node) + e.token_s(node, {block, end}), in_order);
      }
      used[i] = false;
    }
  }
};

Naive try_all(const SwarmView& view, bool in_order) {
  Naive naive{view};
  naive.extend(NodeId(), 0, std::numeric_limits<double>::infinity(), 0, in_order);
  return naive;
}

// What a chain claims is what it does.
void expect_honest(const SwarmView& view, const Chain& chain, Objective objective) {
  const Estimates& e = estimates(view);
  NodeId last;
  int block = 0;
  double rate = std::numeric_limits<double>::infinity(), seconds = 0;
  std::vector<bool> used(view.nodes.size(), false);
  for (const ChainStage& stage : chain.stages) {
    const NodeView& node = view.nodes[stage.node];
    ASSERT_EQ(stage.span.begin, block);
    ASSERT_LE(stage.span.size(), node.max_blocks);
    ASSERT_FALSE(used[stage.node]);
    used[stage.node] = true;
    rate = std::min({rate, e.tokens_per_s(node, stage.span), e.link_tokens_per_s(last, node.node)});
    seconds += e.hop_s(last, node.node) + e.token_s(node, stage.span);
    block = stage.span.end;
    last = node.node;
  }
  ASSERT_EQ(block, view.blocks);
  if (objective == Objective::throughput) {
    EXPECT_GE(std::min(rate, e.link_tokens_per_s(last, NodeId())), chain.tokens_per_s * (1 - 1e-12));
  } else {
    EXPECT_NEAR(seconds + e.hop_s(last, NodeId()), chain.latency_s, 1e-12);
  }
}

std::vector<std::size_t> all_nodes(const SwarmView& view) {
  std::vector<std::size_t> list(view.nodes.size());
  std::iota(list.begin(), list.end(), std::size_t{0});
  return list;
}

TEST(BestChain, IsWhatTryingAllFinds) {
  Draw draw(1, Stream::test, 500);
  for (int i = 0; i < 120; ++i) {
    const tests::Planned plan =
        tests::random_plan(draw, 1 + static_cast<int>(draw.below(5)), 1 + static_cast<int>(draw.below(6)), i % 3 == 0);
    const SwarmView view = plan.view();
    for (bool in_order : {false, true}) {
      const Naive naive = try_all(view, in_order);
      for (Objective objective : {Objective::throughput, Objective::latency}) {
        const Chain chain = in_order ? best_chain_in_order(view, all_nodes(view), objective)
                                     : best_chain(view, all_nodes(view), objective);
        ASSERT_EQ(chain.stages.empty(), naive.rate == 0) << "case " << i;
        if (chain.stages.empty()) continue;
        expect_honest(view, chain, objective);
        if (objective == Objective::throughput) {
          EXPECT_DOUBLE_EQ(chain.tokens_per_s, naive.rate) << "case " << i;
        } else {
          EXPECT_NEAR(chain.latency_s, naive.seconds, 1e-12) << "case " << i;
        }
      }
    }
  }
}

TEST(BestChain, EqualNodesAreOneKind) {
  Draw draw(1, Stream::test, 501);
  tests::Planned plan = tests::random_plan(draw, 30, 12, true);
  for (std::size_t i = 0; i < 30; ++i) {
    plan.estimates.block_rates[i] = i < 10 ? 100 : 30;
    plan.swarm.nodes[i].max_blocks = i < 10 ? 3 : 2;
  }
  plan.estimates.weights.assign(12, 1.0);
  EXPECT_EQ(chain_states(plan.view(), all_nodes(plan.view()), Objective::throughput), 11.0 * 21);
  const Chain chain = best_chain(plan.view(), all_nodes(plan.view()), Objective::throughput);
  expect_honest(plan.view(), chain, Objective::throughput);
  EXPECT_DOUBLE_EQ(chain.tokens_per_s, 50);  // ten fast nodes: two of them with two blocks, or slow ones with one, 30
}

TEST(Dp, NoPolicysBestChainBeatsIt) {
  Draw draw(1, Stream::test, 502);
  for (int i = 0; i < 60; ++i) {
    const tests::Planned plan =
        tests::random_plan(draw, 1 + static_cast<int>(draw.below(7)), 1 + static_cast<int>(draw.below(8)), i % 2 == 0);
    const SwarmView view = plan.view();
    const double best = best_chain(view, all_nodes(view), Objective::throughput).tokens_per_s;
    for (const std::string& name : config::Registry<ShardingPolicy>::instance().names()) {
      Draw own(1, Stream::test, 503);
      const auto spans = config::Registry<ShardingPolicy>::instance().make(name)->place(view, own);
      EXPECT_LE(best_served_rate(view, spans), best * (1 + 1e-12)) << name << ", case " << i;
      if (name != "dp" || best == 0) continue;
      EXPECT_NEAR(best_served_rate(view, spans), best, best * 1e-9) << "case " << i;
    }
  }
}

TEST(Dp, TooManyStatesAreAnErrorThatSaysHowMany) {
  Draw draw(1, Stream::test, 504);
  const tests::Planned plan = tests::random_plan(draw, 20, 8, false);
  Draw own(1, Stream::test, 505);
  const auto dp = make_sharding("policy = \"dp\"\norder = \"any\"");
  const std::string message = config::tests::message_of([&] { dp->place(plan.view(), own); });
  EXPECT_NE(message.find("nodes make"), std::string::npos) << message;
}

}  // namespace
}  // namespace orrery::sim::sharding
