// Yuma: stake-weighted opinions, clipped to their consensus, and bonds that pay validators for being early and right.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "sim/incentive/policy.hpp"

namespace orrery::sim::incentive {
namespace {

// Row-major, validators x nodes.
struct Matrix {
  std::size_t size = 0;
  std::vector<double> at;
  explicit Matrix(std::size_t n) : size(n), at(n * n, 0) {}
  double& operator()(std::size_t i, std::size_t j) { return at[i * size + j]; }
  double operator()(std::size_t i, std::size_t j) const { return at[i * size + j]; }
};

class Yuma final : public IncentivePolicy {
 public:
  struct Params {
    double kappa = 0.5, beta = 1, alpha = 0.1, xi = 0.5, emission = 1;
    static Fields<Params> fields() {
      using P = Params;
      return Fields<P>()
          .real("kappa", &P::kappa, "1", "share of stake that must support a weight", 0.000001, 1)
          .real("beta", &P::beta, "1", "how much of a weight above consensus is taken out of the bonds", 0, 1)
          .real("alpha", &P::alpha, "1", "share of new bonds in the moving average", 0.000001, 1)
          .real("xi", &P::xi, "1", "share of the emission for validators", 0, 1)
          .real("emission", &P::emission, "coin", "new coins in an epoch, on top of its fees", 0, 1e9);
    }
  };
  static About about() {
    return {
        "yuma", "stake-weighted consensus over who is useful; emission for nodes and for their validators",
        "Who scores others and has stake is a validator; its scores, itself left out, are normalised to weights W. A "
        "node's consensus is the largest weight that validators with a share kappa of the stake support, and W is "
        "clipped to it. Incentives are the stake-weighted clipped weights, normalised. Validators hold bonds, a moving "
        "average (alpha) of their stake-weighted weights, in which a weight above consensus counts only 1 - beta, "
        "column-normalised; dividends are bonds times incentives. The emission and the fees go to validators with "
        "share xi and to nodes with the rest. `evidence` is a validator's trust: the sum of its clipped weights. Left "
        "out: liquid alpha, weights kept in 16 bits, the owner's cut, commit-reveal of weights.",
        "Bittensor, subtensor docs/consensus.md and run_epoch.rs"};
  }
  explicit Yuma(const Params& params) : params_(params) {}

  bool weighs_stake() const override { return true; }
  std::string_view reads_beyond_audits() const override { return "scores by evaluators"; }
  OnDemand needs_in_game() const override { return OnDemand::scores; }
  Settlement settle(const Epoch& epoch, const State& state, Draw&) const override {
    Settlement s = nothing(epoch, state);
    const std::size_t n = epoch.accounts.size();
    const Matrix weights = normalised_weights(epoch);
    const std::vector<double> stake = validator_stake(epoch, weights);
    Matrix clipped = weights;
    for (std::size_t j = 0; j < n; ++j) {
      const double consensus = consensus_of(weights, stake, j);
      for (std::size_t i = 0; i < n; ++i) clipped(i, j) = std::min(weights(i, j), consensus);
    }
    std::vector<double> incentive(n, 0);
    for (std::size_t j = 0; j < n; ++j) {
      for (std::size_t i = 0; i < n; ++i) incentive[j] += stake[i] * clipped(i, j);
    }
    normalise(incentive);
    const Matrix bonds = moved_bonds(epoch, state, weights, clipped, stake);
    std::vector<double> dividend(n, 0);
    for (std::size_t i = 0; i < n; ++i) {
      double trust = 0;
      for (std::size_t j = 0; j < n; ++j) {
        dividend[i] += bonds(i, j) * incentive[j];
        trust += clipped(i, j);
      }
      s.next.nodes[i] = {incentive[i], trust};
    }
    normalise(dividend);
    s.next.shared = bonds.at;
    pay(epoch, incentive, dividend, s);
    return s;
  }

 private:
  void pay(const Epoch& epoch, const std::vector<double>& incentive, const std::vector<double>& dividend,
           Settlement& s) const {
    s.minted = micro_coins(params_.emission);
    const MicroCoins all = epoch.fees + s.minted;
    const MicroCoins for_validators = micro_coins(params_.xi * coins(all));
    const std::vector<MicroCoins> to_nodes = split(all - for_validators, incentive);
    const std::vector<MicroCoins> to_validators = split(for_validators, dividend);
    for (std::size_t i = 0; i < s.pay.size(); ++i) s.pay[i] = to_nodes[i] + to_validators[i];
  }
  static void normalise(std::vector<double>& v) {
    const double sum = std::accumulate(v.begin(), v.end(), 0.0);
    if (sum > 0) {
      for (double& x : v) x /= sum;
    }
  }
  static Matrix normalised_weights(const Epoch& epoch) {
    Matrix w(epoch.accounts.size());
    for (const Score& score : epoch.scores) {
      if (score.judge != score.judged) w(epoch.position(score.judge), epoch.position(score.judged)) += score.value;
    }
    for (std::size_t i = 0; i < w.size; ++i) {
      double sum = 0;
      for (std::size_t j = 0; j < w.size; ++j) sum += w(i, j);
      for (std::size_t j = 0; j < w.size && sum > 0; ++j) w(i, j) /= sum;
    }
    return w;
  }
  // Of those who say something, adding up to one.
  static std::vector<double> validator_stake(const Epoch& epoch, const Matrix& weights) {
    std::vector<double> stake(weights.size, 0);
    for (std::size_t i = 0; i < weights.size; ++i) {
      for (std::size_t j = 0; j < weights.size; ++j) {
        if (weights(i, j) > 0) stake[i] = coins(epoch.accounts[i].stake);
      }
    }
    normalise(stake);
    return stake;
  }
  // The largest w that validators with at least kappa of the stake give or exceed. Sums of stake carry rounding: a
  // support of exactly kappa counts.
  double consensus_of(const Matrix& weights, const std::vector<double>& stake, std::size_t j) const {
    std::vector<std::pair<double, double>> opinions;
    for (std::size_t i = 0; i < weights.size; ++i) {
      if (stake[i] > 0) opinions.emplace_back(weights(i, j), stake[i]);
    }
    std::sort(opinions.begin(), opinions.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    double support = 0;
    for (const auto& [weight, backing] : opinions) {
      support += backing;
      if (support >= params_.kappa - 1e-12) return weight;
    }
    return 0;
  }
  Matrix moved_bonds(const Epoch& epoch, const State& state, const Matrix& weights, const Matrix& clipped,
                     const std::vector<double>& stake) const {
    const std::size_t n = epoch.accounts.size();
    Matrix bonds(n);
    const auto known = static_cast<std::size_t>(std::llround(std::sqrt(static_cast<double>(state.shared.size()))));
    EXPECT(known <= n);
    for (std::size_t j = 0; j < n; ++j) {
      std::vector<double> fresh(n, 0);
      for (std::size_t i = 0; i < n; ++i) {
        fresh[i] = stake[i] * ((1 - params_.beta) * weights(i, j) + params_.beta * clipped(i, j));
      }
      normalise(fresh);
      double sum = 0;
      for (std::size_t i = 0; i < n; ++i) {
        const bool has_past = i < known && j < known;
        const double past = has_past ? state.shared[i * known + j] : 0;
        bonds(i, j) = known == 0 ? fresh[i] : params_.alpha * fresh[i] + (1 - params_.alpha) * past;
        sum += bonds(i, j);
      }
      for (std::size_t i = 0; i < n && sum > 0; ++i) bonds(i, j) /= sum;
    }
    return bonds;
  }
  Params params_;
};

ORRERY_REGISTER(IncentivePolicy, Yuma);

}  // namespace
}  // namespace orrery::sim::incentive
