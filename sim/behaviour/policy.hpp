// Behaviour: what a node does with the stage it was asked for, and with the audits it is asked to make. Honest nodes do
// the work; others do something else, really.
//
// Policies are pure: what a node remembers is handed in, and kept by whoever calls.
#pragma once

#include <optional>
#include <string_view>

#include "sim/config/registry.hpp"
#include "sim/execution/conduct.hpp"
#include "sim/id.hpp"
#include "sim/random.hpp"
#include "sim/units.hpp"

namespace orrery::sim::behaviour {

using config::About;
using config::Fields;

// The stage a node is about to run.
struct Assignment {
  NodeId node;
  RequestId request;
  BlockSpan blocks;
  Tokens first = 0;  // positions [first, first + count)
  Tokens count = 0;
  Tokens prompt = 0;  // of the request: positions from here on are generated
  Arithmetic honest;  // what the node's device computes with when it is honest
};

// What a node remembers of its own past.
struct Memory {
  std::int64_t requests = 0;         // that it took part in, under this name
  std::int64_t audits = 0;           // of its claims, under this name, that it heard the end of
  std::int64_t rejected = 0;         // of these
  std::int64_t since_rejection = 0;  // requests since the last rejected audit, or the beginning
  std::int64_t identities = 1;       // names it has had
};

// What a node knows of those who watch: public parameters and measured rates.
class Odds {
 public:
  virtual ~Odds() = default;
  // The chance that one request computed like this is caught; none: nobody ever measured it.
  virtual std::optional<double> caught(std::string_view behaviour) const = 0;
};

// What it computes instead of, or as, the assignment.
struct Conduct {
  execution::Conduct stage;
  // Under which name this was measured: the parameters that decide how it shows are part of it.
  std::string cheat = "honest";
  // Where the node also samples (a whole model on one node):
  std::uint64_t seed_shift = 0;   // its seed is the agreed one plus this
  double temperature_factor = 1;  // likewise
  double claimed = 1;             // work it asks to be paid for, as a multiple of the work assigned
};

// Is anything about a claim for `blocks` another than was agreed, whatever the conduct is called? Where the node
// `samples`, so are tokens; elsewhere it draws none, and what it would draw them with shows nowhere.
inline bool cheats(const Conduct& conduct, BlockSpan blocks, bool samples) {
  const bool draws_others = conduct.seed_shift != 0 || conduct.temperature_factor != 1;
  return conduct.stage.cheats(blocks) || conduct.stage.forges || conduct.claimed != 1 || (samples && draws_others);
}

// An audit that a node is asked to make.
struct Invitation {
  NodeId verifier;
  NodeId executor;
  bool friends = false;  // both are of one clique
};
enum class Vote { as_found, accept, reject };
struct Testimony {
  bool recomputes = true;  // a lazy verifier says something without looking
  Vote vote = Vote::as_found;
  bool copies = false;  // before that it waits for another's vote, to say the same
};

class BehaviourPolicy {
 public:
  virtual ~BehaviourPolicy() = default;
  // `odds` may be null: then nothing is known of those who watch.
  virtual Conduct act(const Assignment& assignment, const Memory& memory, const Odds* odds, Draw& draw) const = 0;
  virtual Testimony testify(const Invitation& invitation, Draw& draw) const;
  // Is act() always the honest conduct? Who says no is asked about every batch.
  virtual bool serves_honestly() const { return false; }
  // Comes back under a new name, its record left behind; asked after each audit it hears of.
  virtual bool takes_new_name(const Memory& memory) const;
  // Do all nodes of this policy know each other?
  virtual bool colludes() const { return false; }
  // What one node plays: where several behaviours are about, its own.
  virtual const BehaviourPolicy& role(NodeId) const { return *this; }
};

inline Testimony BehaviourPolicy::testify(const Invitation&, Draw&) const { return {}; }
inline bool BehaviourPolicy::takes_new_name(const Memory&) const { return false; }

}  // namespace orrery::sim::behaviour
