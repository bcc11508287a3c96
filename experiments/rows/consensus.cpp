// Opinions and agreement: Yuma, proof of contribution, peer prediction, moving averages of trust.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "experiments/rows/row.hpp"
#include "experiments/rows/scene.hpp"

namespace orrery::experiments::rows {
namespace {

using sim::NodeId;

// Honest validators with a share of the stake see honest nodes as a share `useful` of all usefulness; a cabal gives its
// own nodes `favour`. Returns the honest side's share of the emission.
double honest_emission(double stake, double useful, double favour) {
  const auto yuma = policy("yuma", "emission = 1000.0");
  Scene scene(*yuma);
  const NodeId honest = scene.add(stake), cabal = scene.add(1 - stake), worker = scene.add(), crony = scene.add();
  scene.score(honest, worker, useful);
  scene.score(honest, crony, 1 - useful);
  scene.score(cabal, worker, 1 - favour);
  scene.score(cabal, crony, favour);
  scene.settle();
  return (scene.paid(honest) + scene.paid(worker)) / 1000;
}

Rows yuma() {
  Rows rows;
  const auto worst = [](double stake, double useful) {
    double least = 1;
    for (int favour = 0; favour <= 200; ++favour)
      least = std::min(least, honest_emission(stake, useful, favour / 200.0));
    return least;
  };
  rows.push_back({"I8", "Yuma: honest emission against the worst cabal (S 0.6, W 0.6)", 0.6, worst(0.6, 0.6), 0, 1e-4});
  rows.push_back(
      {"I8", "Yuma: the same against a cabal that gives itself all", 0.63158, honest_emission(0.6, 0.6, 1), 0, 1e-4});
  rows.push_back(
      {"I8", "Yuma: honest emission against the worst cabal (S 0.7, W 0.6)", 0.65, worst(0.7, 0.6), 0, 1e-4});
  rows.push_back(
      {"I8", "Yuma: the same against a cabal that gives itself all", 0.68293, honest_emission(0.7, 0.6, 1), 0, 1e-4});
  rows.push_back({"I8", "Yuma: honest emission under a cabal with 55 % of the stake (W 0.9)", 0.038,
                  honest_emission(0.45, 0.9, 1), 0, 1e-3});
  double threshold = 0.4;
  while (honest_emission(threshold, 0.9, 1) < 0.5) threshold += 0.001;
  rows.push_back(
      {"I8", "Yuma: honest stake from which the cabal is clipped (kappa 0.5)", 0.5, threshold, 0.001, 0.002});
  return rows;
}

// Fifteen validators see 64 nodes, each with noise of its own; a sixteenth copies the consensus of the epoch before.
struct Copier {
  Mean ratio;  // of its dividends to an honest validator's
  Mean trust, own_trust;
};

constexpr std::uint32_t opinions = 15, judged = 64;

// [judge][node]
std::vector<std::vector<double>> noisy_views(const std::vector<double>& useful, sim::Draw& draw) {
  std::vector<std::vector<double>> views(opinions);
  for (auto& view : views) {
    double sum = 0;
    for (const double u : useful) sum += view.emplace_back(std::max(0.0, u * (1 + 0.3 * draw.normal())));
    for (double& w : view) w /= sum;
  }
  return views;
}

// What the stake-weighted median of sixteen will be, if the sixteenth agrees with it.
std::vector<double> consensus_of(const std::vector<std::vector<double>>& views) {
  std::vector<double> median(judged);
  for (std::uint32_t w = 0; w < judged; ++w) {
    std::vector<double> column;
    for (const auto& view : views) column.push_back(view[w]);
    std::sort(column.rbegin(), column.rend());
    median[w] = column[opinions / 2];
  }
  return median;
}

// `stays`: validators keep their opinions, so that the consensus it copies is still the one that counts.
Copier copier(bool stays) {
  const auto yuma = policy("yuma", "emission = 1000.0\nalpha = 1.0");  // bonds of this epoch alone
  Copier found;
  sim::Draw draw(7, sim::Stream::incentive, 41);
  std::vector<double> useful(judged);
  for (int round = 0; round < 60; ++round) {
    for (double& u : useful) u = draw.uniform(0.5, 1.5);
    auto views = noisy_views(useful, draw);
    const std::vector<double> copied = consensus_of(views);
    if (!stays) views = noisy_views(useful, draw);
    views.push_back(copied);
    Scene scene(*yuma);
    for (std::uint32_t v = 0; v <= opinions; ++v) scene.add(1);
    for (std::uint32_t w = 0; w < judged; ++w) scene.add();
    for (std::uint32_t v = 0; v <= opinions; ++v) {
      for (std::uint32_t w = 0; w < judged; ++w) scene.score(NodeId(v), NodeId(opinions + 1 + w), views[v][w]);
    }
    scene.settle();
    double honest = 0, trust = 0;
    for (std::uint32_t v = 0; v < opinions; ++v) {
      honest += scene.paid(NodeId(v)) / opinions;
      trust += scene.state().nodes[v].evidence / opinions;
    }
    found.ratio.add(scene.paid(NodeId(opinions)) / honest);
    found.trust.add(trust), found.own_trust.add(scene.state().nodes[opinions].evidence);
  }
  return found;
}

// 1.118 does not say among how many nodes: with 4 to 256 of them it is 1.105 to 1.126. A copy of what opinions were an
// epoch ago is worth less where they move, 1.08, by as much as the copier's trust is lower.
Rows copiers() {
  const Copier steady = copier(true), late = copier(false);
  return {
      {"I8", "Yuma: dividends of a validator that copies the consensus, relative to honest noisy ones", 1.118,
       steady.ratio.value(), steady.ratio.half_width(), 0.01},
      {"I8", "Yuma: validator trust of honest noisy validators", 0.895, steady.trust.value(), steady.trust.half_width(),
       0.008},
      {"I8", "Yuma: validator trust of the copier", 1, steady.own_trust.value(), steady.own_trust.half_width(), 1e-3},
      {"I8", "Yuma: dividends of that copier: its trust over that of the others",
       steady.own_trust.value() / steady.trust.value(), steady.ratio.value(), steady.ratio.half_width(), 0.003},
      {"I8", "Yuma: dividends of a copier whose consensus is an epoch old: its trust over that of the others",
       late.own_trust.value() / late.trust.value(), late.ratio.value(), late.ratio.half_width(), 0.003}};
}

Rows contribution() {
  Rows rows;
  for (const auto& [trust, expected] : {std::pair{10, 4}, {33, 6}, {100, 7}, {1000, 10}}) {
    const auto poco = policy("poco", fmt::format("trust = {}.0", trust));
    int workers = 0;
    for (double paid = 0; paid == 0 && workers < 50;) {
      Scene scene(*poco);
      ++workers;
      for (int w = 0; w < workers; ++w) scene.add(1);
      scene.request(1);
      for (int w = 0; w < workers; ++w) {
        scene.leg(NodeId(static_cast<std::uint32_t>(w)));
        scene.contribute(NodeId(static_cast<std::uint32_t>(w)), 5);
      }
      scene.settle();
      paid = scene.paid(NodeId(0));
    }
    rows.push_back({"V10", fmt::format("PoCo: agreeing newcomers that make an answer final at trust {}", trust),
                    static_cast<double>(expected), static_cast<double>(workers), 0, 0});
  }
  return rows;
}

Row peer_prediction(double prior, double accuracy, double expected) {
  const auto agreement = policy("peer_agreement");
  Mean mean;
  sim::Draw draw(7, sim::Stream::incentive, 42);
  for (int batch = 0; batch < 40; ++batch) {
    Scene scene(*agreement);
    for (int w = 0; w < 2; ++w) scene.add();
    for (int task = 0; task < 5000; ++task) {
      const bool truth = draw.uniform() < prior;
      scene.request(0);
      for (std::uint32_t w = 0; w < 2; ++w) {
        scene.contribute(NodeId(w), (draw.uniform() < accuracy) == truth ? 1 : 0);
      }
    }
    scene.settle();
    mean.add(scene.state().nodes[0].evidence);
  }
  return {"I10",
          fmt::format("Dasgupta-Ghosh: mean score (prior {}, accuracy {})", prior, accuracy),
          expected,
          mean.value(),
          mean.half_width(),
          0.01};
}

// Trust in an evaluator, under the moving average of proof_of_quality.
Rows moving_average() {
  const auto poq = policy("proof_of_quality", "trust_rate = 0.1\naggregate = \"median\"");
  const auto settle = [](Scene& scene, double stray) {
    scene.clear();
    for (std::uint32_t judge = 0; judge < 4; ++judge) scene.score(NodeId(judge), NodeId(4), judge == 0 ? stray : 0.0);
    scene.settle();
    return 1 - scene.state().nodes[0].evidence;
  };
  Scene scene(*poq);
  for (int n = 0; n < 5; ++n) scene.add();
  std::vector<double> trust = {1};
  while (trust.back() > 0.4) trust.push_back(settle(scene, 1));
  const std::size_t last = trust.size() - 1;
  const double half_life = static_cast<double>(last) * std::log(0.5) / std::log(trust[last]);
  Scene noisy(*poq);
  for (int n = 0; n < 5; ++n) noisy.add();
  sim::Draw draw(7, sim::Stream::incentive, 43);
  double sum = 0, squares = 0;
  constexpr int count = 200'000;
  for (int i = 0; i < count + 200; ++i) {
    const double t = settle(noisy, draw.uniform());
    if (i < 200) continue;
    sum += t, squares += t * t;
  }
  const double variance = squares / count - sum * sum / count / count;
  return {{"I11", "moving average, alpha 0.1: epochs until trust has halved", 6.579, half_life, 0, 0.01},
          {"I11", "moving average, alpha 0.1: stationary variance, relative to that of a score", 0.1 / 1.9,
           variance * 12, 0.0012, 0.0025}};
}

}  // namespace

Rows consensus_rows() {
  Rows rows = yuma();
  for (Rows (*part)() : {copiers, contribution, moving_average}) {
    for (Row& row : part()) rows.push_back(std::move(row));
  }
  rows.push_back(peer_prediction(0.5, 0.9, 0.32));
  rows.push_back(peer_prediction(0.8, 0.9, 2 * 0.8 * 0.2 * 0.64));
  rows.push_back(peer_prediction(0.5, 0.5, 0));
  return rows;
}

}  // namespace orrery::experiments::rows
