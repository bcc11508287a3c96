#include "sim/serving/audit_case.hpp"

#include <algorithm>

namespace orrery::sim::serving {

int AuditCase::seated() const {
  return static_cast<int>(std::count_if(seats_.begin(), seats_.end(), [](const Seat& s) { return !s.gone; }));
}

void AuditCase::end(Outcome outcome, Time now) {
  EXPECT(open());
  outcome_ = outcome;
  ended_ = now;
}

std::vector<NodeId> AuditCase::fill(const std::vector<NodeId>& order, std::int64_t redraws, Time now, Time until) {
  std::vector<NodeId> free;
  for (const NodeId node : order) {
    const auto asked = [node](const Seat& s) { return s.verifier == node; };
    if (std::none_of(seats_.begin(), seats_.end(), asked)) free.push_back(node);
  }
  const auto missing = static_cast<std::size_t>(std::max(0, needed_ - seated()));
  if (missing > free.size()) {
    end(Outcome::no_verifier, now);
    return {};
  }
  // All seats but the first `needed` are replacements.
  const auto asked = static_cast<std::int64_t>(seats_.size() + missing) - needed_;
  if (asked > redraws) {
    end(Outcome::unfinished, now);
    return {};
  }
  redraws_ = asked;
  free.resize(missing);
  for (const NodeId node : free) seats_.push_back({.verifier = node, .until = until});
  return free;
}

// What is said of a claim, as far as its verdict goes.
verification::Finding AuditCase::counted(Voted said) const {
  const bool hides = said == Voted::silent && silence_ == Silence::rejected;
  if (said == Voted::rejected || said == Voted::malformed || hides) return verification::Finding::rejected;
  return said == Voted::accepted ? verification::Finding::accepted : verification::Finding::unchecked;
}

void AuditCase::hear(NodeId verifier, Voted said, bool looked, double device_s) {
  for (Seat& seat : seats_) {
    if (seat.verifier != verifier || seat.gone || seat.voted || !open()) continue;
    seat.device_s = device_s;
    seat.gone = said == Voted::declined;
    seat.voted = !seat.gone;
    seat.looked = looked;
    seat.malformed = said == Voted::malformed;
    seat.silent = said == Voted::silent;
    seat.said = counted(said);
  }
}

void AuditCase::hear_seal(NodeId verifier, const ledger::Digest& digest) {
  for (Seat& seat : seats_) {
    if (seat.verifier == verifier && !seat.gone && !seat.seal && open()) seat.seal = digest;
  }
}

std::vector<NodeId> AuditCase::unseal(Time now, Time until) {
  if (!open() || votes_ || seated() < needed_) return {};
  std::vector<NodeId> members;
  for (const Seat& seat : seats_) {
    if (seat.gone) continue;
    if (!seat.seal) return {};
    members.push_back(seat.verifier);
  }
  votes_.emplace(claim_.request, members, now, until);
  for (Seat& seat : seats_) {
    if (seat.gone) continue;
    const bool counts = votes_->commit(seat.verifier, *seat.seal, now);
    EXPECT(counts);
    seat.until = until;
  }
  return members_ = std::move(members);
}

void AuditCase::hear_reveal(NodeId verifier, std::uint64_t nonce, Voted said, bool looked, double device_s, Time now) {
  const auto answer = static_cast<std::uint8_t>(said);
  if (!open() || !votes_ || !votes_->reveal(verifier, nonce, ledger::BytesView(&answer, 1), now)) return;
  const auto at = std::find(members_.begin(), members_.end(), verifier) - members_.begin();
  const bool valid = votes_->outcome()[static_cast<std::size_t>(at)] == ledger::Reveal::valid;
  hear(verifier, valid ? said : Voted::declined, looked, device_s);
}

void AuditCase::expire(Time now) {
  const auto late = [this, now](const Seat& seat) {
    return !seat.voted && seat.until <= now && (votes_ || !seat.seal);
  };
  for (Seat& seat : seats_) seat.gone = seat.gone || late(seat);
}

void AuditCase::conclude(const verification::VerificationPolicy& policy, Time now) {
  if (!open() || disputed_ || (!votes_ && seated() < needed_)) return;
  std::vector<verification::Finding> findings;
  for (const Seat& seat : seats_) {
    if (seat.gone) continue;
    if (!seat.voted) return;
    findings.push_back(seat.said);
  }
  const auto challenges = std::count(findings.begin(), findings.end(), verification::Finding::rejected);
  if (policy.has_referee() && challenges > 0) {
    disputed_ = true;
    return;
  }
  end(policy.conclude(findings), now);
}

void AuditCase::rule(Voted found, Time now) {
  EXPECT(disputed());
  end(counted(found), now);
}

void AuditCase::end(verification::Finding finding, Time now) {
  switch (finding) {
    case verification::Finding::accepted:
      return end(Outcome::accepted, now);
    case verification::Finding::rejected:
      return end(Outcome::rejected, now);
    case verification::Finding::unchecked:
      return end(Outcome::unfinished, now);
  }
}

int AuditCase::votes(verification::Finding said) const {
  return static_cast<int>(
      std::count_if(seats_.begin(), seats_.end(), [said](const Seat& s) { return s.voted && s.said == said; }));
}

double AuditCase::device_s() const {
  double sum = 0;
  for (const Seat& seat : seats_) sum += seat.device_s;
  return sum;
}

}  // namespace orrery::sim::serving
