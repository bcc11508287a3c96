#include "sim/sharding/policy.hpp"

// Against answers that Petals' own code gave (block_selection.py at 22afba6): the file
// petals_block_selection_golden.json of the data pack in ORRERY_DATA. Each case: joins in order as [peer, blocks,
// throughput, chosen start], the thinnest block's throughput, then one peer leaves and `move` lists who would move with
// balance quality 0.75.

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "tests/sim/rebalancing/moves.hpp"

namespace orrery::sim::sharding {
namespace {

using config::Value;

double number(const Value& value) {
  const auto* integer = std::get_if<std::int64_t>(&value.data);
  return integer ? static_cast<double>(*integer) : std::get<double>(value.data);
}

// The file is JSON; its objects become TOML inline tables when colons become equal signs.
Value golden_cases(const std::string& pack) {
  std::ifstream file(pack + "/petals_block_selection_golden.json");
  std::stringstream text;
  text << file.rdbuf();
  std::string toml = "cases = " + text.str();
  for (std::size_t at = toml.find("\":"); at != std::string::npos; at = toml.find("\":", at)) toml[at + 1] = '=';
  return config::parse_toml(toml, "petals_block_selection_golden.json");
}

class PetalsGolden : public testing::Test {
 protected:
  void SetUp() override {
    const char* pack = std::getenv("ORRERY_DATA");
    if (pack == nullptr) GTEST_SKIP() << "ORRERY_DATA is not set: Petals' own answers are not compared";
    root_ = golden_cases(pack);
    ASSERT_EQ(root_.find("cases")->array().size(), 20u);
  }
  // The swarm after the case's joins; peers are named in ascending order, so a peer's number is its place.
  static tests::Swarm joined(const Value& golden, std::vector<std::string>& names) {
    tests::Swarm swarm;
    swarm.blocks = static_cast<int>(number(*golden.find("blocks")));
    for (const Value& join : golden.find("joins")->array()) {
      NodeView node =
          tests::plain_node(static_cast<std::uint32_t>(names.size()), static_cast<int>(number(join.array()[1])));
      node.throughput = number(join.array()[2]);
      names.push_back(std::get<std::string>(join.array()[0].data));
      swarm.nodes.push_back(node);
      Draw draw(1, Stream::sharding, 0);
      const BlockSpan span = policy()->join(swarm.view(), swarm.nodes.size() - 1, draw);
      EXPECT_EQ(span.begin, static_cast<int>(number(join.array()[3]))) << names.back();
      EXPECT_EQ(span.size(), node.max_blocks) << names.back();
      swarm.nodes.back().span = span;
    }
    EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
    return swarm;
  }
  static std::unique_ptr<ShardingPolicy> policy() { return make_sharding("policy = \"petals\""); }

  Value root_;
};

TEST_F(PetalsGolden, JoinsStartWherePetalsStarts) {
  for (const Value& golden : root_.find("cases")->array()) {
    SCOPED_TRACE("seed " + std::to_string(number(*golden.find("seed"))));
    std::vector<std::string> names;
    const tests::Swarm swarm = joined(golden, names);
    std::vector<double> sums(swarm.blocks, 0.0);
    for (const NodeView& node : swarm.nodes) {
      for (int b = node.span.begin; b < node.span.end; ++b) sums[b] += node.throughput;
    }
    // The file rounds to thousandths.
    EXPECT_NEAR(*std::min_element(sums.begin(), sums.end()), number(*golden.find("min_throughput")), 0.5001e-3);
  }
}

// Petals shuffles the servers with a generator of its own, so one run of it is one draw of a random answer. Over 40
// draws of ours: whoever Petals moved must move in some, whoever stayed must stay in some; and where all ours agree,
// that is its answer.
TEST_F(PetalsGolden, TheSameServersWouldMove) {
  constexpr int draws = 40;
  const auto rebalancer = rebalancing::make_rebalancing("policy = \"petals\"");
  int certain = 0;
  int movers = 0;
  for (const Value& golden : root_.find("cases")->array()) {
    SCOPED_TRACE("seed " + std::to_string(number(*golden.find("seed"))));
    std::vector<std::string> names;
    tests::Swarm swarm = joined(golden, names);
    const auto& left = std::get<std::string>(golden.find("left")->data);
    const auto gone = std::find(names.begin(), names.end(), left) - names.begin();
    swarm.nodes.erase(swarm.nodes.begin() + gone);
    names.erase(names.begin() + gone);
    std::set<std::string> move;
    for (const Value& name : golden.find("move")->array()) move.insert(std::get<std::string>(name.data));
    for (std::size_t i = 0; i < names.size(); ++i) {
      int moved = 0;
      for (std::uint32_t d = 0; d < draws; ++d) {
        moved += rebalancing::move_of(*rebalancer, swarm, i, d).has_value();
      }
      if (move.contains(names[i])) {
        EXPECT_GT(moved, 0) << names[i];
      } else {
        EXPECT_LT(moved, draws) << names[i];
      }
      certain += moved == 0 || moved == draws;
      movers += move.contains(names[i]);
    }
  }
  RecordProperty("servers_independent_of_the_shuffle", certain);
  RecordProperty("servers_that_petals_moves", movers);
  EXPECT_GT(certain, 200);
  EXPECT_GT(movers, 40);
}

}  // namespace
}  // namespace orrery::sim::sharding
