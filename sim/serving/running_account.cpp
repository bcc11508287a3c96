#include "sim/serving/running_account.hpp"

#include <algorithm>

namespace orrery::sim::serving {

RunningAccount::RunningAccount(const incentive::IncentivePolicy& policy, const ledger::LedgerParams& ledger,
                               std::uint32_t nodes, std::uint32_t clients, std::uint64_t seed)
    : policy_(policy),
      ledger_(ledger),
      stakes_(nodes, micro_coins(ledger.deposit)),
      named_(nodes),
      supply_(nodes * micro_coins(ledger.deposit) + clients * micro_coins(ledger.user_funds)),
      draw_(seed, Stream::incentive, 1) {
  state_.nodes.assign(nodes, policy.newcomer());
}

incentive::Claimant RunningAccount::claimant(NodeId node, double reward_coins) const {
  return {micro_coins(reward_coins), stakes_[node.index()], state_.nodes[node.index()]};
}

void RunningAccount::audit_over(const AuditCase& audit, double device_price) {
  std::vector<Audited>& list = verdicts_[audit.claim().request.index()];
  for (Audited& audited : audited_parts(audit, device_price)) {
    if (audit.claimed() >= named_[audited.audit.executor.index()]) list.push_back(std::move(audited));
  }
}

void RunningAccount::claim_over(const ClaimBody& whole) {
  const auto found = verdicts_.find(whole.request.index());
  Over over{whole, {}};
  if (found != verdicts_.end()) {
    over.audits = std::move(found->second);
    verdicts_.erase(found);
  }
  over_.insert_or_assign(whole.request.index(), std::move(over));
}

void RunningAccount::new_name(NodeId node, Time now) {
  named_[node.index()] = now;
  stakes_[node.index()] = micro_coins(ledger_.deposit);
  state_.nodes[node.index()] = policy_.newcomer();
}

void RunningAccount::add(incentive::Epoch& epoch, const Over& over) const {
  const ClaimBody& claim = over.whole;
  incentive::PaidRequest paid{.request = claim.request, .first_leg = static_cast<std::uint32_t>(epoch.legs.size())};
  paid.leg_count = static_cast<std::uint32_t>(claim.parts.size());
  paid.input = claim.prompt;
  paid.output = claim.rows + 1 - claim.prompt;
  paid.seconds = claim.seconds;
  paid.fee = micro_coins(claim.reward_coins * (1 - ledger_.community_tax));
  epoch.fees += paid.fee;
  epoch.requests.push_back(paid);
  for (const Part& part : claim.parts) {
    epoch.legs.push_back({part.node, part.blocks, claim.rows, false});
    epoch.accounts[part.node.index()].block_tokens +=
        static_cast<double>(part.blocks.size()) * static_cast<double>(claim.rows);
  }
  for (const Audited& audited : over.audits) add_audit(epoch, audited);
}

void RunningAccount::close_block(Time now) {
  if (now < settled_ + Duration::from_seconds(ledger_.epoch_s)) return;
  incentive::Epoch epoch;
  epoch.pool = pool_;
  epoch.supply = supply_;
  epoch.seconds = (now - settled_).seconds();
  for (std::uint32_t i = 0; i < stakes_.size(); ++i) {
    epoch.accounts.push_back({.node = NodeId(i), .uptime_s = epoch.seconds});
    epoch.accounts.back().stake = stakes_[i];
  }
  for (const auto& [request, over] : over_) add(epoch, over);
  const incentive::Settlement s = policy_.settle(epoch, state_, draw_);
  pool_ = incentive::checked_pool(epoch, s);
  supply_ += s.minted - s.burned;
  for (std::size_t i = 0; i < stakes_.size(); ++i) stakes_[i] -= s.slash[i];
  state_ = s.next;
  over_.clear();
  settled_ = now;
}

}  // namespace orrery::sim::serving
