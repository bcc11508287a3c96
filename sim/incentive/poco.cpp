// Proof of contribution: answers are believed when those who gave them have more to lose than the task is worth.
#include <algorithm>
#include <cmath>
#include <map>

#include "sim/incentive/policy.hpp"

namespace orrery::sim::incentive {
namespace {

class ProofOfContribution final : public IncentivePolicy {
 public:
  struct Params {
    double trust = 100;
    double stake_share = 0.3;
    static Fields<Params> fields() {
      using P = Params;
      return Fields<P>()
          .real("trust", &P::trust, "1", "an answer is final when its credibility exceeds 1 - 1/trust", 1, 1e9)
          .real("stake_share", &P::stake_share, "1", "what a worker risks on a task, as a share of its price", 0, 1);
    }
  };
  static About about() {
    return {
        "poco", "replicated answers with credibility; the minority loses its stake on the task",
        "Workers commit answers to a replicated task. A worker's weight is max(score / 3, 3) - 1 with integer "
        "division, a "
        "group of equal answers multiplies the weights of its members, and the group is final once its product exceeds "
        "a share 1 - 1/trust of all groups together. Winners share the price and the losers' stakes by the logarithm "
        "of their weights; with more than one contributor each winner's score rises by one, and losers keep two thirds "
        "of theirs. n agreeing newcomers (weight 2) suffice as soon as 2^n > trust - 1: trust grows more expensive "
        "only logarithmically. A task without a final group pays nobody and its price stays in the pool. Left out: "
        "the scheduler and its stake of 1 %, who gets nothing here. `evidence` is the score.",
        "iExec PoCo, IexecPoco2Facet.sol"};
  }
  explicit ProofOfContribution(const Params& params) : params_(params) {}

  double preference(const Standing& standing) const override { return 1 + standing.evidence; }
  std::string_view reads_beyond_audits() const override { return "answers of replicas"; }
  OnDemand needs_in_game() const override { return OnDemand::contributions; }

  Settlement settle(const Epoch& epoch, const State& state, Draw&) const override {
    Settlement s = nothing(epoch, state);
    std::map<RequestId, std::vector<const Contribution*>> tasks;
    for (const Contribution& c : epoch.contributions) tasks[c.task].push_back(&c);
    for (const PaidRequest& request : epoch.requests) {
      const auto answers = tasks.find(request.request);
      if (answers != tasks.end()) conclude(epoch, request.fee, answers->second, s);
    }
    return s;
  }

 private:
  using Answers = std::vector<const Contribution*>;

  static double weight(const Standing& standing) { return std::max(std::floor(standing.evidence / 3), 3.0) - 1; }

  // The digest whose group became final, if any did, as answers came in.
  std::optional<std::uint64_t> consensus(const Epoch& epoch, const Answers& answers, const State& state) const {
    std::map<std::uint64_t, double> group;
    double total = 1;
    for (const Contribution* c : answers) {
      double& product = group[c->digest];
      const double next = std::max(product, 1.0) * weight(state.nodes[epoch.position(c->worker)]);
      total += next - product;
      product = next;
      if (product * params_.trust > total * (params_.trust - 1)) return c->digest;
    }
    return std::nullopt;
  }

  void conclude(const Epoch& epoch, MicroCoins price, const Answers& answers, Settlement& s) const {
    const auto final = consensus(epoch, answers, s.next);
    if (!final) return;
    MicroCoins prize = price;
    std::vector<std::size_t> winners;
    std::vector<double> shares;
    for (const Contribution* c : answers) {
      const std::size_t at = epoch.position(c->worker);
      if (c->digest == *final) {
        winners.push_back(at);
        shares.push_back(std::log2(weight(s.next.nodes[at])));
      } else {
        const MicroCoins risked = micro_coins(params_.stake_share * coins(price));
        const MicroCoins lost = std::min(risked, epoch.accounts[at].stake - s.slash[at]);
        s.slash[at] += lost;
        prize += lost;
        s.next.nodes[at].evidence = std::floor(s.next.nodes[at].evidence * 2 / 3);
      }
    }
    const std::vector<MicroCoins> paid = split(prize, shares);
    for (std::size_t w = 0; w < winners.size(); ++w) {
      s.pay[winners[w]] += paid[w];
      if (answers.size() > 1) s.next.nodes[winners[w]].evidence += 1;
    }
  }
  Params params_;
};

ORRERY_REGISTER(IncentivePolicy, ProofOfContribution);

}  // namespace
}  // namespace orrery::sim::incentive
