// Verification: which claims to audit, by how many, with what protocol, and at what cost. The protocol itself (a
// commitment, questions, a judgement over real activations) is sim/execution/inspection.hpp; here are the decisions.
//
// A score becomes a finding by a threshold. Protocols that compare exactly bring their own; the others take the one
// that was calibrated for the model and its honest devices (sim/detection), and there is no default to fall back on.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "sim/config/registry.hpp"
#include "sim/execution/inspection.hpp"
#include "sim/id.hpp"
#include "sim/random.hpp"
#include "sim/units.hpp"

namespace orrery::sim::verification {

using config::About;
using config::Fields;

// What an executor claims: it ran `blocks` of request `request` over positions [first, first + count).
struct Claim {
  NodeId executor;
  RequestId request;
  BlockSpan blocks;
  Tokens first = 0;
  Tokens count = 0;
  Tokens prompt = 0;  // positions below were given
};

// What is known of an executor before its claim is looked at.
struct History {
  std::int64_t audits = 0;  // of its claims, ever
  std::int64_t rejected = 0;
  std::int64_t consecutive_valid = 0;  // accepted audits since the last rejected one
};

// How many independent nodes must redo a claim; zero: nobody looks.
struct Audit {
  int recomputations = 0;
};

enum class Finding { unchecked, accepted, rejected };

// What looking costs, beside the recomputation itself. A policy in force costs every executor `slowdown`, `prove_s` and
// `evidence`; the rest is for an audited claim.
struct Cost {
  double slowdown = 1;  // of the executor's stage times
  double prove_s = 0;   // to make the evidence of one claim
  Bytes evidence;       // committed with every claim
  int rounds = 0;       // of questions and answers
  Bytes dialogue;       // all of them together
  // What the parties of one computation send each other on links of their own, which `prove_s` has the time of: nothing
  // of it is on the swarm's network.
  Bytes between_parties;
  double passes = 1;    // of the claim's positions through its blocks, by each verifier
  double verify_s = 0;  // of each verifier, beside the passes
};

// The claim's size, which is all that a cost depends on.
struct Shape {
  int blocks = 0;
  int hidden = 0;
  int widest = 0;  // inner values of a block, one position: what an opened position shows
  int vocab = 0;
  Tokens prompt = 0;
  Tokens rows = 0;
  double parameters = 0;  // of those blocks
};

// Whom an audit looks at: one stage, or the text as a whole (whoever made it).
enum class Scope { stage, text };

class VerificationPolicy : public execution::Inspection {
 public:
  // What to do about a claim, before anything of it is known but its shape and its executor's record.
  virtual Audit select(const Claim& claim, const History& history, Draw& draw) const = 0;
  // How many verifiers it asks where it audits; 0: it never does.
  virtual int committee() const = 0;
  // The chance that it rejects what is wrong, where that is known by mathematics and not by measurement: one of a
  // proof, zero where nothing is proven. What is right is then never rejected.
  virtual std::optional<double> power() const { return std::nullopt; }
  virtual Scope scope() const { return Scope::stage; }
  // A score above it is rejected; none: it has to be calibrated.
  virtual std::optional<double> threshold() const = 0;
  // Can its threshold be given by hand? Rates were counted at calibrated ones, and say nothing about another.
  virtual bool takes_threshold() const { return false; }
  // Does nothing that this executor shows tell a cheat from honest work, whatever it did?
  virtual bool evades(NodeId /*executor*/) const { return false; }
  // Go by Judgement::as_published instead of a threshold.
  virtual bool goes_by_published_rule() const { return false; }
  // The weights that every honest executor must hold for the protocol to work; none: any.
  virtual std::optional<Weights> needs() const { return std::nullopt; }
  // Does it look inside blocks (Trace::operators)? Of a mixture of experts nothing is to be seen there.
  virtual bool looks_inside() const { return false; }
  // May honest executors differ in the last bits?
  virtual bool tolerates_drift() const { return true; }
  virtual Cost cost(const Shape& shape) const = 0;
  // Under which name its rates were measured: the parameters that decide what it can see are part of it.
  virtual std::string detector() const = 0;
  // A rejection is no verdict but a challenge: the chain itself recomputes what the dispute was narrowed down to, and
  // what it finds decides. One honest challenger is enough then, and one that lies loses.
  virtual bool has_referee() const { return false; }
  // The verdict of several verifiers: by default what more than half of those that looked found.
  virtual Finding conclude(std::span<const Finding> findings) const;
};

// What a judgement comes to at a threshold.
Finding decide(const VerificationPolicy& policy, const execution::Judgement& judgement, double threshold);

}  // namespace orrery::sim::verification
