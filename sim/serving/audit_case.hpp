// One audit: whom it asked, what they said, how it ended. It ends once, in one of four ways.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/ledger/commit_reveal.hpp"
#include "sim/serving/messages.hpp"
#include "sim/verification/policy.hpp"

namespace orrery::sim::serving {

enum class Outcome : std::uint8_t {
  open,
  accepted,
  rejected,
  no_verifier,  // the swarm could not fill the committee
  unfinished,   // nobody came to a finding: evidence was gone, verifiers fell silent, the run was over
};

// What becomes of a claim whose executor shows nothing (audit.silence).
enum class Silence : std::uint8_t { unfinished, rejected };

// A verifier's place in it.
struct Seat {
  NodeId verifier;
  Time until;  // to vote
  bool gone = false;
  bool voted = false;
  bool looked = false;
  std::optional<ledger::Digest> seal;  // of its vote, where votes are sealed
  verification::Finding said = verification::Finding::unchecked;
  bool malformed = false;  // it was shown what no honest executor makes
  bool silent = false;     // it was shown nothing
  double device_s = 0;
};

class AuditCase {
 public:
  // `needed` verifiers are to look at a claim that came in at `claimed` and was drawn at `drawn`.
  AuditCase(ClaimBody claim, Time claimed, Time drawn, int needed, Silence silence = Silence::unfinished)
      : claim_(std::move(claim)), claimed_(claimed), drawn_(drawn), needed_(needed), silence_(silence) {}

  // Fills empty seats with the next nodes in `order` that were never asked, each with time until `until`; returns them.
  // Ends the audit where there is nobody left, or more than `redraws` would have been replaced.
  std::vector<NodeId> fill(const std::vector<NodeId>& order, std::int64_t redraws, Time now, Time until);
  // A vote; of whoever has no seat (any more) it is not heard.
  void hear(NodeId verifier, Voted said, bool looked, double device_s);
  // A commitment to a vote, and the vote; of whoever has no seat, has committed already or to something else it is not
  // heard.
  void hear_seal(NodeId verifier, const ledger::Digest& digest);
  void hear_reveal(NodeId verifier, std::uint64_t nonce, Voted said, bool looked, double device_s, Time now);
  // Where every seat has committed, nobody can any more: votes are to be shown until `until`. The seats.
  std::vector<NodeId> unseal(Time now, Time until);
  // Whose time is up loses the seat; after unsealing, without a successor, who would know the others' votes.
  void expire(Time now);
  // Ends the audit where every seat has voted; where the policy has a referee and anybody rejected, opens a dispute.
  void conclude(const verification::VerificationPolicy& policy, Time now);
  // Ends a dispute as the referee found, whatever the votes were.
  void rule(Voted found, Time now);
  // The run is over.
  void give_up(Time now) { end(Outcome::unfinished, now); }

  bool open() const { return outcome_ == Outcome::open; }
  bool short_of_verifiers() const { return open() && !votes_ && seated() < needed_; }
  bool disputed() const { return open() && disputed_; }
  bool was_disputed() const { return disputed_; }
  bool concluded() const { return outcome_ == Outcome::accepted || outcome_ == Outcome::rejected; }
  Outcome outcome() const { return outcome_; }
  const ClaimBody& claim() const { return claim_; }
  Time claimed() const { return claimed_; }
  Time drawn() const { return drawn_; }
  Time ended() const { return ended_; }
  const std::vector<Seat>& seats() const { return seats_; }
  std::int64_t redraws() const { return redraws_; }
  double device_s() const;
  // Votes that can be read by now.
  int votes(verification::Finding said) const;

 private:
  int seated() const;
  verification::Finding counted(Voted said) const;
  void end(Outcome outcome, Time now);
  void end(verification::Finding finding, Time now);

  ClaimBody claim_;
  Time claimed_, drawn_, ended_;
  int needed_;
  Silence silence_;
  bool disputed_ = false;
  std::int64_t redraws_ = 0;
  std::vector<Seat> seats_;
  std::optional<ledger::CommitReveal> votes_;  // once unsealed,
  std::vector<NodeId> members_;                // of these
  Outcome outcome_ = Outcome::open;
};

}  // namespace orrery::sim::serving
