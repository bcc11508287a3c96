// Pays for how good answers look to evaluators, less what they cost.
#include <algorithm>
#include <cmath>

#include "sim/incentive/policy.hpp"

namespace orrery::sim::incentive {
namespace {

class ProofOfQuality final : public IncentivePolicy {
 public:
  struct Params {
    double alpha = 1, beta = 0.2, evaluator_share = 0.1, trust_rate = 0.1;
    std::string aggregate = "median";
    static Fields<Params> fields() {
      using P = Params;
      return Fields<P>()
          .real("alpha", &P::alpha, "1", "weight of quality", 0, 100)
          .real("beta", &P::beta, "1", "weight of cost: the asked price relative to the mean", 0, 100)
          .real("evaluator_share", &P::evaluator_share, "1", "share of fees for evaluators", 0, 1)
          .real("trust_rate", &P::trust_rate, "1", "weight of the newest epoch in an evaluator's trust", 0.000001, 1)
          .choice("aggregate", &P::aggregate, {"mean", "median"}, "how evaluators' scores are put together");
    }
  };
  static About about() {
    return {
        "proof_of_quality", "pay by judged quality less cost; evaluators gain trust by agreeing with the consensus",
        "Evaluators score nodes between 0 and 1; a node's quality is the trust-weighted mean or median of its scores. "
        "Fees, less evaluator_share, are split in proportion to claimed work times max(0, alpha quality - beta cost), "
        "cost being the node's ask relative to the mean ask. Nodes that nobody scored are paid nothing. An evaluator's "
        "trust is a moving average of 1 - its distance to the aggregate, and evaluators share their part by trust. "
        "It judges answers, not execution: a cheaper model that writes as well is paid as well. `evidence` is the "
        "distrust of an evaluator, 1 - trust.",
        "Proof of Quality, arXiv 2512.16317, and its robust aggregation, 2601.21189; cost from asks: ours"};
  }
  explicit ProofOfQuality(const Params& params) : params_(params) {}

  std::string_view reads_beyond_audits() const override { return "scores of quality"; }
  OnDemand needs_in_game() const override { return OnDemand::scores; }
  Settlement settle(const Epoch& epoch, const State& state, Draw&) const override {
    Settlement s = nothing(epoch, state);
    const std::vector<std::optional<double>> quality = aggregated(epoch, state);
    std::vector<double> weights(epoch.accounts.size(), 0);
    const double mean_ask = mean(epoch);
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const Account& account = epoch.accounts[i];
      if (!quality[i]) continue;
      const double cost = mean_ask > 0 ? coins(account.ask) / mean_ask : 0;
      weights[i] = account.block_tokens * std::max(0.0, params_.alpha * *quality[i] - params_.beta * cost);
    }
    std::vector<double> judges(epoch.accounts.size(), 0);
    update_trust(epoch, quality, s.next, judges);
    const MicroCoins for_judges = micro_coins(params_.evaluator_share * coins(epoch.fees));
    const std::vector<MicroCoins> work = split(epoch.fees - for_judges, weights);
    const std::vector<MicroCoins> judging = split(for_judges, judges);
    for (std::size_t i = 0; i < s.pay.size(); ++i) s.pay[i] = work[i] + judging[i];
    return s;
  }

 private:
  static double trust(const Standing& standing) { return 1 - standing.evidence; }
  static double mean(const Epoch& epoch) {
    double sum = 0;
    for (const Account& account : epoch.accounts) sum += coins(account.ask);
    return epoch.accounts.empty() ? 0 : sum / static_cast<double>(epoch.accounts.size());
  }

  std::vector<std::optional<double>> aggregated(const Epoch& epoch, const State& state) const {
    std::vector<std::vector<std::pair<double, double>>> opinions(epoch.accounts.size());  // value, trust
    for (const Score& score : epoch.scores) {
      if (score.judge == score.judged) continue;
      const double weight = trust(state.nodes[epoch.position(score.judge)]);
      if (weight > 0) opinions[epoch.position(score.judged)].emplace_back(score.value, weight);
    }
    std::vector<std::optional<double>> quality(epoch.accounts.size());
    for (std::size_t i = 0; i < quality.size(); ++i) {
      quality[i] = opinions[i].empty() ? epoch.accounts[i].quality
                                       : std::optional(params_.aggregate == "mean" ? weighted_mean(opinions[i])
                                                                                   : weighted_median(opinions[i]));
    }
    return quality;
  }
  static double weighted_mean(const std::vector<std::pair<double, double>>& opinions) {
    double sum = 0, weight = 0;
    for (const auto& [value, w] : opinions) {
      sum += value * w;
      weight += w;
    }
    return sum / weight;
  }
  static double weighted_median(std::vector<std::pair<double, double>> opinions) {
    std::sort(opinions.begin(), opinions.end());
    double half = 0;
    for (const auto& [value, w] : opinions) half += 0.5 * w;
    for (const auto& [value, w] : opinions) {
      half -= w;
      if (half <= 0) return value;
    }
    return opinions.back().first;
  }

  void update_trust(const Epoch& epoch, const std::vector<std::optional<double>>& quality, State& state,
                    std::vector<double>& judges) const {
    std::vector<double> distance(judges.size(), 0), count(judges.size(), 0);
    for (const Score& score : epoch.scores) {
      const auto& consensus = quality[epoch.position(score.judged)];
      if (score.judge == score.judged || !consensus) continue;
      distance[epoch.position(score.judge)] += std::fabs(score.value - *consensus);
      count[epoch.position(score.judge)] += 1;
    }
    for (std::size_t i = 0; i < judges.size(); ++i) {
      if (count[i] == 0) continue;
      double& distrust = state.nodes[i].evidence;
      distrust = (1 - params_.trust_rate) * distrust + params_.trust_rate * std::min(1.0, distance[i] / count[i]);
      judges[i] = 1 - distrust;
    }
  }
  Params params_;
};

ORRERY_REGISTER(IncentivePolicy, ProofOfQuality);

}  // namespace
}  // namespace orrery::sim::incentive
