// What an incentive policy is told: everything that happened in one epoch, as the chain could know it. Nobody's
// intentions are in it, only claims, verdicts and clocks.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/coins.hpp"
#include "sim/id.hpp"
#include "sim/units.hpp"

namespace orrery::sim::incentive {

// What one node did.
struct Account {
  NodeId node;
  double block_tokens = 0;        // work it claims to have delivered, as its bills say [block x token]
  double uptime_s = 0;            // virtual seconds on line
  std::int64_t accepted = 0;      // its claims that an audit accepted
  std::int64_t rejected = 0;      // its claims that an audit rejected
  std::int64_t timeouts = 0;      // times that it was asked and did not answer in time
  std::optional<double> quality;  // mean score of its answers by evaluators, 0 to 1; nothing: nobody scored it
  MicroCoins stake = 0;           // locked, and all that can be slashed
  MicroCoins ask = 0;             // the price it asks for 1000 block x tokens
};

// One node's part of one request.
struct Leg {
  NodeId node;
  BlockSpan blocks;
  Tokens tokens = 0;       // positions that it computed, as the client counts them
  bool timed_out = false;  // it was asked and did not answer in time; somebody else did the work, or nobody
  double surplus = 0;      // positions on its bill beyond those that it put out; nobody has looked at it
  double claimed_tokens() const { return static_cast<double>(tokens) + surplus; }
};

// A request that a client paid for. Its legs are Epoch::legs[first_leg, first_leg + leg_count), in the order of the
// chain.
struct PaidRequest {
  RequestId request;
  std::uint32_t first_leg = 0;
  std::uint32_t leg_count = 0;
  bool served = true;  // every token reached the user
  Tokens input = 0;
  Tokens output = 0;
  double seconds = 0;  // arrival to last token
  MicroCoins fee = 0;
};

enum class Verdict : std::uint8_t { unchecked, accepted, rejected };

// One audit of one claim. Who looked is Epoch::votes[first_vote, first_vote + vote_count).
struct Audit {
  RequestId request;
  NodeId executor;
  BlockSpan blocks;
  Verdict verdict = Verdict::unchecked;  // what the audit ended with
  bool forced_error = false;             // the protocol had told the executor to err, in secret
  std::uint32_t first_vote = 0;
  std::uint32_t vote_count = 0;
  double cost_coins = 0;  // what looking cost the auditors, all together
};
struct Vote {
  NodeId auditor;
  Verdict said = Verdict::unchecked;
};

// A worker's answer to a replicated task, in the order of commitment. Equal answers have equal digests.
struct Contribution {
  RequestId task;
  NodeId worker;
  std::uint64_t digest = 0;
};

// What one participant thinks of another's answers, 0 to 1.
struct Score {
  NodeId judge;
  NodeId judged;
  double value = 0;
};

struct Epoch {
  std::vector<Account> accounts;      // ascending by node
  std::vector<PaidRequest> requests;  // ascending by request
  std::vector<Leg> legs;
  std::vector<Audit> audits;
  std::vector<Vote> votes;
  std::vector<Contribution> contributions;  // by task
  std::vector<Score> scores;
  MicroCoins fees = 0;    // what clients paid in this epoch; the requests' fees add up to it
  MicroCoins pool = 0;    // what earlier epochs left in the policy's own account
  MicroCoins supply = 0;  // all coins there are, at its beginning
  double seconds = 0;     // length of the epoch

  // Where a node stands in `accounts`; it must be there.
  std::size_t position(NodeId node) const;
};

}  // namespace orrery::sim::incentive
