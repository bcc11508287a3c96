// The referee. Bisection has narrowed a dispute down to one operator whose inputs both sides agree on; the chain
// recomputes it with the canonical kernel, and whoever differs from that loses. What the stage's first such operator
// shows is what a canonical recomputation of the stage shows, so that is what is asked for here: one operator on a
// validator costs next to nothing, and no device of the swarm is charged for it.
#include "sim/serving/auditor.hpp"

namespace orrery::sim::serving {

void Auditor::open_dispute(std::uint32_t number) {
  const ClaimBody& claim = cases_[number].claim();
  Dispute& dispute = disputes_[number];
  dispute.until = now() + patience(world_.audits, claim);
  dispute.missing = claim.parts.size();
  const auto rows = static_cast<std::uint32_t>(claim.rows);
  for (const Part& part : claim.parts)
    post(world_.entity(part.node), AskEvidence{number, claim.request.index(), part.leg, id().index(), rows});
}

void Auditor::take_evidence(EvidenceBody body) {
  const auto found = disputes_.find(body.audit);
  if (found == disputes_.end()) return;
  Dispute& dispute = found->second;
  EXPECT(dispute.missing > 0);
  --dispute.missing;
  const std::uint32_t number = body.audit;
  dispute.exhibits.add(std::move(body));
  if (dispute.missing > 0 || dispute.exhibits.lost()) return;
  const AuditCase& audit = cases_[number];
  // On the rank of the first verifier, which has the blocks; nothing hangs on whose it is.
  dispute.examined = examine(world_, audit.claim(), dispute.exhibits, world_.audits.of_text(),
                             audit.seats().front().verifier, {.weights = world_.audits.agreed()});
}

// At the first block at which everything is there, or at which that can be waited for no longer.
void Auditor::settle_dispute(std::uint32_t number) {
  const auto found = disputes_.find(number);
  const Dispute& dispute = found->second;
  if (dispute.missing > 0 && now() < dispute.until) return;
  AuditCase& audit = cases_[number];
  const bool shown = dispute.missing == 0 && !dispute.exhibits.lost();
  audit.rule(shown ? finding(world_, audit.claim(), dispute.exhibits, dispute.examined) : Voted::silent, now());
  disputes_.erase(found);
}

}  // namespace orrery::sim::serving
