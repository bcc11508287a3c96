#include "sim/serving/finding.hpp"

#include <algorithm>

namespace orrery::sim::serving {

void Exhibits::add(EvidenceBody body) {
  lost_ = lost_ || !body.there;
  if (body.cheat != "honest") cheat_ = body.cheat;
  if (!body.taken.empty()) shown_.push_back(std::move(body));
}

// What is committed to about a text is the count it is billed by (token_difr): where any part bills too much, the one
// that bills most does.
const EvidenceBody* Exhibits::to_examine() const {
  if (shown_.empty()) return nullptr;
  return &*std::max_element(shown_.begin(), shown_.end(), [](const EvidenceBody& a, const EvidenceBody& b) {
    return a.claimed != b.claimed ? a.claimed < b.claimed : a.leg > b.leg;
  });
}

Duration patience(const AuditRules& rules, const ClaimBody& claim) {
  const double prove_s = rules.cost(claim.blocks(), claim.prompt, claim.rows).prove_s;
  return Duration::from_seconds(rules.params().vote_timeout_s / 2 + prove_s);
}

std::optional<execution::Ticket> examine(World& world, const ClaimBody& claim, const Exhibits& exhibits, bool of_text,
                                         NodeId verifier, const Arithmetic& arithmetic) {
  const EvidenceBody* shown = exhibits.to_examine();
  if (!shown || !world.numbers.examines()) return std::nullopt;
  const auto part =
      std::find_if(claim.parts.begin(), claim.parts.end(), [shown](const Part& p) { return p.leg == shown->leg; });
  EXPECT(part != claim.parts.end());
  return world.numbers.examine({.executor = {part->node, claim.request, part->leg},
                                .blocks = part->blocks,
                                .taken = shown->taken,
                                .claimed = shown->claimed,
                                .prompt = claim.prompt,
                                .rows = claim.rows,
                                .of_text = of_text,
                                .verifier = verifier,
                                .arithmetic = arithmetic});
}

Voted finding(World& world, const ClaimBody& claim, const Exhibits& exhibits,
              const std::optional<execution::Ticket>& examined) {
  const AuditRules& rules = world.audits;
  if (examined) {
    const std::optional<execution::Judgement> found = world.numbers.judgement(claim.request, *examined);
    if (!found) return Voted::unchecked;
    if (found->malformed) return Voted::malformed;
    const auto decided = verification::decide(rules.policy(), *found, rules.threshold(claim.blocks()));
    return decided == verification::Finding::accepted ? Voted::accepted : Voted::rejected;
  }
  const double rate = rules.rejection_rate(exhibits.cheat(), claim.blocks(), claim.parts.front().node);
  Draw draw(world.seed, Stream::verification, claim.request.index(),
            std::uint64_t{1} << 62 | std::uint64_t{claim.parts.front().leg} << 8);
  return draw.uniform() < rate ? Voted::rejected : Voted::accepted;
}

}  // namespace orrery::sim::serving
