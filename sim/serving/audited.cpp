// An audit's end in the terms of incentive policies.
#include "sim/serving/audit_case.hpp"
#include "sim/serving/session.hpp"

namespace orrery::sim::serving {

std::vector<Audited> audited_parts(const AuditCase& audit, double device_price) {
  if (!audit.concluded()) return {};
  const double price = device_price / 3600;
  const bool rejected = audit.outcome() == Outcome::rejected;
  Audited audited{.at = audit.ended()};
  for (const Seat& seat : audit.seats()) {
    if (seat.gone || seat.said == verification::Finding::unchecked) continue;
    const bool accepts = seat.said == verification::Finding::accepted;
    audited.votes.push_back({seat.verifier, accepts ? incentive::Verdict::accepted : incentive::Verdict::rejected});
  }
  std::vector<Audited> list;
  const auto parts = static_cast<double>(audit.claim().parts.size());
  for (const Part& part : audit.claim().parts) {
    audited.audit = {.request = audit.claim().request,
                     .executor = part.node,
                     .blocks = part.blocks,
                     .verdict = rejected ? incentive::Verdict::rejected : incentive::Verdict::accepted,
                     .cost_coins = audit.device_s() * price / parts};
    list.push_back(audited);
  }
  return list;
}

void add_audit(incentive::Epoch& epoch, const Audited& audited) {
  incentive::Audit audit = audited.audit;
  audit.first_vote = static_cast<std::uint32_t>(epoch.votes.size());
  audit.vote_count = static_cast<std::uint32_t>(audited.votes.size());
  epoch.votes.insert(epoch.votes.end(), audited.votes.begin(), audited.votes.end());
  incentive::Account& account = epoch.accounts[audit.executor.index()];
  account.accepted += audit.verdict == incentive::Verdict::accepted;
  account.rejected += audit.verdict == incentive::Verdict::rejected;
  epoch.audits.push_back(audit);
}

}  // namespace orrery::sim::serving
