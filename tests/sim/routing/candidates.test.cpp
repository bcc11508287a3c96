#include "sim/routing/candidates.hpp"

#include <gtest/gtest.h>

#include "tests/sim/routing/chains.hpp"

namespace orrery::sim::routing {
namespace {

std::vector<std::uint32_t> ids(const Candidates& found) {
  std::vector<std::uint32_t> all;
  for (const Candidate& c : found.nodes) all.push_back(c.node->node.index());
  return all;
}

TEST(FindCandidates, ClipsSpansToTheRequest) {
  const tests::Swarm swarm = announcing(8, {{0, 3}, {2, 6}, {}, {6, 8}});
  const RoutingView view = near_view(swarm);
  const Candidates found = find_candidates({{2, 5}, 0, {}, {}}, view);
  EXPECT_EQ(ids(found), (std::vector<std::uint32_t>{0, 1}));
  EXPECT_EQ(found.nodes[0].span, (BlockSpan{2, 3}));
  EXPECT_EQ(found.nodes[1].span, (BlockSpan{2, 5}));
  EXPECT_EQ(found.reason, "");
}

TEST(FindCandidates, NamesTheFirstUncoveredBlock) {
  const tests::Swarm swarm = announcing(8, {{0, 3}, {4, 6}});
  const RoutingView view = near_view(swarm);
  EXPECT_EQ(find_candidates(whole(swarm), view).reason, "no announced node serves block 3");
  EXPECT_EQ(find_candidates({{4, 8}, 0, {}, {}}, view).reason, "no announced node serves block 6");
  EXPECT_EQ(find_candidates({{4, 6}, 0, {}, {}}, view).reason, "");
}

TEST(FindCandidates, LiftsBansOnlyWhereABlockWouldBeEmpty) {
  // Blocks 0-3: node 0; 2-5: node 1; 4-7: node 2; 6-7: node 3.
  const tests::Swarm swarm = announcing(8, {{0, 4}, {2, 6}, {4, 8}, {6, 8}});
  const auto usable = [&](std::vector<std::uint32_t> banned) {
    return ids(find_candidates(whole(swarm), near_view(swarm, std::move(banned))));
  };
  EXPECT_EQ(usable({}), (std::vector<std::uint32_t>{0, 1, 2, 3}));
  EXPECT_EQ(usable({2}), (std::vector<std::uint32_t>{0, 1, 3}));
  EXPECT_EQ(usable({0}), (std::vector<std::uint32_t>{0, 1, 2, 3})) << "only node 0 serves blocks 0 and 1";
  EXPECT_EQ(usable({0, 3}), (std::vector<std::uint32_t>{0, 1, 2}));
  EXPECT_EQ(usable({1, 2}), (std::vector<std::uint32_t>{0, 1, 2, 3})) << "blocks 4 and 5 have banned servers only";
  EXPECT_EQ(usable({0, 1, 2, 3}), (std::vector<std::uint32_t>{0, 1, 2, 3}));
}

TEST(FindCandidates, WantsARequestInsideTheModel) {
  const tests::Swarm swarm = announcing(4, {{0, 4}});
  EXPECT_THROW(find_candidates({{0, 5}, 0, {}, {}}, near_view(swarm)), ContractError);
  EXPECT_THROW(
      find_candidates(whole(swarm),
                      RoutingView{.swarm = swarm.view(), .client_latency_s = {}, .node_latency_s = {}, .banned = {}}),
      ContractError);
}

TEST(Walk, OffersThoseThatServeTheNextBlockAndRidesToTheEnd) {
  const tests::Swarm swarm = announcing(6, {{0, 3}, {1, 4}, {2, 6}});
  std::vector<std::size_t> offered;
  const RouteOutcome outcome = walk(whole(swarm), near_view(swarm), [&](std::span<const Candidate> here) {
    offered.push_back(here.size());
    return std::size_t{0};
  });
  // Block 0: node 0 only; block 3: nodes 1 and 2, the first taken; block 4: node 2.
  EXPECT_EQ(offered, (std::vector<std::size_t>{1, 2, 1}));
  EXPECT_EQ(outcome.route, (Route{{NodeId(0), {0, 3}}, {NodeId(1), {3, 4}}, {NodeId(2), {4, 6}}}));
}

}  // namespace
}  // namespace orrery::sim::routing
