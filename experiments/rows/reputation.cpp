// Nesa's reputation under failures, alone and in pipelines; and what each node of a pipeline is worth.
#include <cmath>

#include <fmt/format.h>

#include "experiments/rows/row.hpp"
#include "experiments/rows/scene.hpp"

namespace orrery::experiments::rows {
namespace {

using sim::NodeId;

struct Rule {
  double reward = 1.01, penalty = 0.8;
  int stages = 1;
  const char* blame = "chain";
};

// Growth of log reputation for a request, when each node fails with this rate. The bounds are opened so far that the
// walk never feels them: state is started anew every few hundred requests.
double growth(const Rule& rule, double failures, std::uint32_t stream) {
  const auto nesa = policy(
      "nesa",
      fmt::format("reward_multiplier = {}\npenalty_multiplier = {}\nblame = \"{}\"\nr_min = 0.0001\nr_max = 1000000.0",
                  rule.reward, rule.penalty, rule.blame));
  sim::Draw draw(7, sim::Stream::incentive, stream);
  double sum = 0;
  constexpr int walks = 2000, requests = 20;
  for (int walk = 0; walk < walks; ++walk) {
    Scene scene(*nesa);
    for (int s = 0; s < rule.stages; ++s) scene.add();
    for (int r = 0; r < requests; ++r) {
      scene.request(0);
      for (int s = 0; s < rule.stages; ++s)
        scene.leg(NodeId(static_cast<std::uint32_t>(s)), s, draw.uniform() < failures);
    }
    scene.settle();
    for (const auto& standing : scene.state().nodes) sum += std::log(standing.reputation);
  }
  return sum / walks / rule.stages / requests;
}

Row break_even(const Rule& rule, double expected, std::uint32_t stream) {
  const double low = 0.7 * expected, high = 1.3 * expected;
  const double at_low = growth(rule, low, stream), at_high = growth(rule, high, stream + 1);
  const double found = crossing(low, at_low, high, at_high);
  // A failure moves the logarithm by ln(Rew/Pen); failures are counted over both walks.
  const double error = 1.96 * std::sqrt(expected / 80'000) / (rule.stages > 1 ? 1.5 : 1);
  return {"I14",
          fmt::format(
              "Nesa: failure rate of a node at which reputation stops growing (Rew {}, Pen {}, {} stages, blame {})",
              rule.reward, rule.penalty, rule.stages, rule.blame),
          expected,
          found,
          error,
          std::max(0.05 * expected, 1.5 * error)};
}

Rows nesa() {
  const auto alone = [](double reward, double penalty) {
    return std::log(reward) / (std::log(reward) - std::log(penalty));
  };
  const auto shared = [&](int stages) { return 1 - std::pow(1 - alone(1.01, 0.8), 1.0 / stages); };
  return {break_even({}, 0.0427, 61),
          break_even({.reward = 1.05}, 0.179, 63),
          break_even({.reward = 1.05, .penalty = 0.5}, 0.066, 65),
          break_even({.reward = 1.05, .penalty = 0.9}, 0.317, 67),
          break_even({.stages = 2}, shared(2), 69),
          break_even({.stages = 4}, shared(4), 71),
          break_even({.stages = 8}, shared(8), 73),
          break_even({.stages = 8, .blame = "shard"}, 0.0427, 75)};
}

// A new node fails until it is at the floor of 0.1, then answers until it is where it began.
Rows distances() {
  const auto nesa = policy("nesa");
  Scene scene(*nesa);
  const NodeId node = scene.add();
  const auto ask = [&](bool fails) {
    scene.clear();
    scene.request(0);
    scene.leg(node, 0, fails);
    scene.settle();
    return scene.state().nodes[0].reputation;
  };
  double failures = 1, successes = 1;
  while (ask(true) > 0.1) ++failures;
  while (ask(false) < 1) ++successes;
  return {{"I14", "Nesa: failures from a new node's reputation to the floor", 11, failures, 0, 0},
          {"I14", "Nesa: successes from there back, which a new identity gets for nothing", 232, successes, 0, 0}};
}

// Stages with these numbers of replicas; the share of the fee that a node of stage `of` gets.
double shapley_value(const std::vector<int>& replicas, int of, const std::string& parameters = "") {
  const auto shapley = policy("shapley", parameters);
  Scene scene(*shapley);
  std::vector<std::pair<NodeId, int>> members;
  for (std::size_t stage = 0; stage < replicas.size(); ++stage) {
    for (int r = 0; r < replicas[stage]; ++r) members.emplace_back(scene.add(), static_cast<int>(stage));
  }
  scene.request(1000);
  double sum = 0, count = 0;
  for (const auto& [node, stage] : members) scene.leg(node, stage);
  scene.settle();
  for (const auto& [node, stage] : members) {
    if (stage == of) sum += scene.paid(node), count += 1;
  }
  return sum / count / 1000;
}

Rows shapley() {
  Rows rows = {
      {"I9", "Shapley: each of 4 single stages", 0.25, shapley_value({1, 1, 1, 1}, 2), 0, 1e-6},
      {"I9", "Shapley: the only node beside a stage of 3", 0.75, shapley_value({1, 3}, 0), 0, 1e-6},
      {"I9", "Shapley: each of the 3", 1.0 / 12, shapley_value({1, 3}, 1), 0, 1e-6},
      {"I9", "Shapley: efficiency, the sum over a pipeline of 2, 3 and 4", 1,
       2 * shapley_value({2, 3, 4}, 0) + 3 * shapley_value({2, 3, 4}, 1) + 4 * shapley_value({2, 3, 4}, 2), 0, 1e-6}};
  const std::string sampled = "exact_nodes = 0\npermutations = 200000";
  const double half = 1.96 * std::sqrt(0.75 * 0.25 / 200'000);
  rows.push_back({"I9", "Shapley: the only node beside a stage of 3, from random orders", 0.75,
                  shapley_value({1, 3}, 0, sampled), half, 2 * half});
  rows.push_back({"I9", "Shapley: the only node beside a stage of 19, from random orders", 0.95,
                  shapley_value({1, 19}, 0, sampled), half, 2 * half});
  return rows;
}

}  // namespace

Rows reputation_rows() {
  Rows rows = nesa();
  for (Row& row : distances()) rows.push_back(std::move(row));
  for (Row& row : shapley()) rows.push_back(std::move(row));
  return rows;
}

}  // namespace orrery::experiments::rows
