// Pays workers for agreeing on the task they share more than they agree on tasks that they do not.
#include <algorithm>
#include <map>

#include "sim/incentive/policy.hpp"

namespace orrery::sim::incentive {
namespace {

class PeerAgreement final : public IncentivePolicy {
 public:
  struct Params {
    static Fields<Params> fields() { return {}; }
  };
  static About about() {
    return {
        "peer_agreement", "agreement on a shared task less agreement on different tasks",
        "For two neighbours in the list of a task's contributions the score is one if they agree, less one if the "
        "answers that they gave next, to different tasks, agree as well. Uninformed or always equal answers score zero "
        "on average; workers with accuracy q under a prior p score 2p(1-p)(2q-1)^2. An epoch's fees are split in "
        "proportion to the positive part of each worker's sum. `evidence` is a worker's mean score in the epoch. Cheap "
        "signals that all workers share defeat it: there, checks against the truth are better.",
        "Dasgupta and Ghosh, Crowdsourced judgement elicitation (WWW 2013)"};
  }
  explicit PeerAgreement(const Params&) {}

  std::string_view reads_beyond_audits() const override { return "answers of replicas"; }
  OnDemand needs_in_game() const override { return OnDemand::contributions; }
  Settlement settle(const Epoch& epoch, const State& state, Draw&) const override {
    Settlement s = nothing(epoch, state);
    std::map<NodeId, std::vector<const Contribution*>> by_worker;
    for (const Contribution& c : epoch.contributions) by_worker[c.worker].push_back(&c);
    std::map<NodeId, std::size_t> turn;  // how many of a worker's answers came before
    std::vector<double> sum(epoch.accounts.size(), 0), count(epoch.accounts.size(), 0);
    const auto& all = epoch.contributions;
    for (std::size_t k = 0; k < all.size(); ++k) {
      const std::size_t mine = turn[all[k].worker]++;
      if (k + 1 == all.size() || all[k + 1].task != all[k].task || all[k + 1].worker == all[k].worker) continue;
      const auto score = pair_score(all[k], all[k + 1], by_worker[all[k].worker], mine, by_worker[all[k + 1].worker],
                                    turn[all[k + 1].worker]);
      if (!score) continue;
      for (NodeId worker : {all[k].worker, all[k + 1].worker}) {
        sum[epoch.position(worker)] += *score;
        count[epoch.position(worker)] += 1;
      }
    }
    std::vector<double> weights;
    for (std::size_t i = 0; i < sum.size(); ++i) {
      weights.push_back(std::max(0.0, sum[i]));
      if (count[i] > 0) s.next.nodes[i].evidence = sum[i] / count[i];
    }
    s.pay = split(epoch.fees, weights);
    return s;
  }

 private:
  using Answers = std::vector<const Contribution*>;

  // The answers compared for the penalty: the first worker's next one, and the second one's next but that to another
  // task.
  static std::optional<double> pair_score(const Contribution& a, const Contribution& b, const Answers& of_a,
                                          std::size_t at_a, const Answers& of_b, std::size_t at_b) {
    if (at_a + 1 >= of_a.size()) return std::nullopt;
    const Contribution* other_a = of_a[at_a + 1];
    for (std::size_t k = at_b + 1; k < of_b.size(); ++k) {
      if (of_b[k]->task == other_a->task) continue;
      const double agree = a.digest == b.digest ? 1 : 0, by_chance = other_a->digest == of_b[k]->digest ? 1 : 0;
      return agree - by_chance;
    }
    return std::nullopt;
  }
};

ORRERY_REGISTER(IncentivePolicy, PeerAgreement);

}  // namespace
}  // namespace orrery::sim::incentive
