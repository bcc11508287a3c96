// What is said about audits. A client reports whose work a request was; the auditor, who stands for the chain, draws
// verifiers and summons them; these ask the executors for evidence, redo the work, ask questions, and vote; executors
// hear how it ended.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/engine/event.hpp"
#include "sim/execution/numbers.hpp"
#include "sim/id.hpp"
#include "sim/ledger/digest.hpp"
#include "sim/units.hpp"

namespace orrery::sim::serving {

// One node's part of a request that was served.
struct Part {
  NodeId node;
  std::uint16_t leg = 0;
  BlockSpan blocks;
};

// What is looked at: the work of `parts` (one stage, or all of them for the text as a whole) over positions
// [0, rows).
struct ClaimBody {
  RequestId request;
  engine::EntityId client;
  Tokens prompt = 0;
  Tokens rows = 0;
  double reward_coins = 0;  // what the user pays for the request
  double seconds = 0;       // arrival to last token
  std::vector<Part> parts;
  BlockSpan blocks() const { return {parts.front().blocks.begin, parts.back().blocks.end}; }
};

// client -> auditor: a request was served.
struct Claimed {
  static constexpr std::uint16_t kind = 64;
  std::uint32_t parcel;  // ClaimBody, all parts
};

// auditor -> executor: what became of its part. `looked`: there was an audit and it came to a verdict.
struct Ruling {
  static constexpr std::uint16_t kind = 65;
  std::uint32_t request;
  std::uint16_t leg;
  bool looked;
  bool rejected;
};

// auditor -> verifier.
struct OrderBody {
  std::uint32_t audit = 0;
  bool text = false;  // the client is asked for the text, too
  ClaimBody claim;
};
struct Summons {
  static constexpr std::uint16_t kind = 66;
  std::uint32_t parcel;  // OrderBody
};

// verifier -> executor, or client for the text.
struct AskEvidence {
  static constexpr std::uint16_t kind = 67;
  std::uint32_t audit;
  std::uint32_t request;
  std::uint16_t leg;
  std::uint32_t verifier;  // entity
  std::uint32_t rows;
};

// Inputs and evidence, or that they are gone. Where numbers are examined, `taken` is
// what the evidence is made from; elsewhere `cheat` stands for what it shows.
struct EvidenceBody {
  std::uint32_t audit = 0;
  bool there = false;
  std::string cheat = "honest";
  std::uint16_t leg = 0;
  double claimed = 1;  // rows worked for, as a multiple of those there were
  std::vector<execution::Taken> taken;
  Bytes bytes;
};
struct Evidence {
  static constexpr std::uint16_t kind = 68;
  std::uint32_t parcel;
};

// One round of questions and answers.
struct Question {
  static constexpr std::uint16_t kind = 69;
  std::uint32_t audit;
  std::uint32_t request;
  std::uint16_t leg;
  std::uint16_t round;
  std::uint32_t verifier;  // entity
  float bytes;
};
struct Reply {
  static constexpr std::uint16_t kind = 70;
  std::uint32_t audit;
  std::uint16_t round;
  float bytes;
};

// verifier -> auditor.
enum class Voted : std::uint8_t {
  declined,
  unchecked,
  accepted,
  rejected,
  malformed,  // rejected for what it was shown: evidence that no honest executor makes
  silent,     // was shown nothing
};
struct Vote {
  static constexpr std::uint16_t kind = 71;
  std::uint32_t audit;
  std::uint32_t verifier;  // node
  Voted said;
  bool looked;      // it redid the work
  double device_s;  // that it took
};

// executor -> client: the evidence that comes with every claim.
struct ClaimEvidence {
  static constexpr std::uint16_t kind = 72;
  double bytes;
};

// A node registers under a new name: node -> auditor.
struct NewName {
  static constexpr std::uint16_t kind = 73;
  std::uint32_t node;
};

// Where votes are sealed (audit.votes), a verifier first commits to its vote: verifier -> auditor.
struct SealBody {
  std::uint32_t audit = 0;
  NodeId verifier;
  ledger::Digest digest{};
};
struct Seal {
  static constexpr std::uint16_t kind = 74;
  std::uint32_t parcel;
};
// auditor -> verifier: everybody has committed.
struct Unseal {
  static constexpr std::uint16_t kind = 75;
  std::uint32_t audit;
};
// verifier -> auditor.
struct RevealBody {
  std::uint32_t audit = 0;
  NodeId verifier;
  Voted said = Voted::unchecked;
  bool looked = false;
  double device_s = 0;
  std::uint64_t nonce = 0;
};
struct Reveal {
  static constexpr std::uint16_t kind = 76;
  std::uint32_t parcel;
};

// Whoever waits for others' votes reads the chain: verifier -> auditor, and what there is to read.
struct AskVotes {
  static constexpr std::uint16_t kind = 77;
  std::uint32_t audit;
  std::uint32_t verifier;  // entity
};
struct VotesSoFar {
  static constexpr std::uint16_t kind = 78;
  std::uint32_t audit;
  std::uint16_t accepted;
  std::uint16_t rejected;
};

template <class M>
inline constexpr bool of_audit = M::kind >= Claimed::kind&& M::kind <= VotesSoFar::kind;

}  // namespace orrery::sim::serving
