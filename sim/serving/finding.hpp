// What a look at a claim finds, whoever looks: from the numbers, where they are there, and else drawn at the rate that
// was measured.
#pragma once

#include <optional>

#include "sim/serving/messages.hpp"
#include "sim/serving/world.hpp"

namespace orrery::sim::serving {

// What the parts of a claim have shown.
class Exhibits {
 public:
  void add(EvidenceBody body);
  bool lost() const { return lost_; }  // somebody had nothing to show
  const std::string& cheat() const { return cheat_; }
  // The one to hold against the claim, where numbers are examined; null: none has come.
  const EvidenceBody* to_examine() const;

 private:
  bool lost_ = false;
  std::string cheat_ = "honest";
  std::vector<EvidenceBody> shown_;  // where numbers are examined
};

// How long an executor is waited for, for its evidence or an answer: half of the time of a vote, as the rest is for
// looking, and what the evidence takes to make.
Duration patience(const AuditRules& rules, const ClaimBody& claim);

// Asked for as soon as everything is there, so that ranks work while virtual time goes on. None where findings are
// drawn. `of_text`: the claim's text is looked at. `arithmetic`: of whoever looks.
std::optional<execution::Ticket> examine(World& world, const ClaimBody& claim, const Exhibits& exhibits, bool of_text,
                                         NodeId verifier, const Arithmetic& arithmetic);

// accepted, rejected, malformed, or unchecked where it is too late: the audit has ended, and with it the request's
// numbers. Those who look at one claim look at the same evidence, so where rates are drawn one number decides for all
// of them: a committee finds what one verifier would find. RunError where the rate was never measured.
Voted finding(World& world, const ClaimBody& claim, const Exhibits& exhibits,
              const std::optional<execution::Ticket>& examined);

}  // namespace orrery::sim::serving
