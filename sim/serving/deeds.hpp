// What a node did in a run: its sessions, what it answers for, what it looks at for others, and what all that cost.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/behaviour/policy.hpp"
#include "sim/engine/process.hpp"
#include "sim/engine/signal.hpp"
#include "sim/serving/finding.hpp"
#include "sim/serving/messages.hpp"

namespace orrery::sim::serving {

// One session's.
struct Work {
  std::string cheat = "honest";         // under which name its conduct was measured
  double claimed = 1;                   // of its work that it asks to be paid for
  double surplus = 0;                   // positions on its bill beyond those that it put out
  bool proves = false;                  // by one honest pass, afterwards
  std::vector<execution::Taken> taken;  // where claims are audited
};

// A part of a served request that was not what it was paid for.
struct Cheated {
  LegName name;
  std::string cheat;
};

struct Deeds {
  double serve_s = 0;  // of the device's time
  double audit_s = 0;  // for others' claims
  double prove_s = 0;  // for the evidence of its own
  double audit_flops = 0;
  std::uint64_t redone = 0;      // audits in which it redid the work
  std::vector<Cheated> cheated;  // in order of time
  std::vector<Time> renamed;     // when it took new names
};

// A claim that it can be asked about.
struct KeptClaim {
  BlockSpan blocks;
  Tokens prompt = 0;
  Tokens rows = 0;
  engine::EntityId client;
  Work work;
  bool ready = false;                // the evidence is made
  bool ruled = false;                // nobody will ask any more
  std::vector<AskEvidence> waiting;  // for that
};

// A vote that it has committed to, and not shown yet.
struct SealedVote {
  Voted said = Voted::unchecked;
  bool looked = false;
  double device_s = 0;
  std::uint64_t nonce = 0;
};

// An audit that it makes. Its process goes on when `changed` says that evidence, a finished item or a reply came.
struct Duty {
  explicit Duty(engine::Host& host) : changed(host) {}
  OrderBody order;
  behaviour::Testimony testimony;
  engine::ProcessId process;
  engine::Signal changed;
  std::size_t missing = 0;  // executors, and the client, who have not handed over yet
  Exhibits exhibits;
  std::optional<execution::Ticket> examined;  // where numbers are
  Tokens done = 0;                            // of the rows that were queued
  bool checked = false;
  std::uint16_t round = 0;  // of questions answered
  VotesSoFar others{};      // what it has read of their votes
  double device_s = 0;
};

}  // namespace orrery::sim::serving
