// Cryptography as costs: published seconds and bytes, scaled by size. No proof is made here, so they work only where
// nothing is computed (execution.mode = "model"); of a proof a wrong result passes with the protocol's own error, zero.
#pragma once

#include "sim/verification/auditing.hpp"

namespace orrery::sim::verification {

// One published system.
struct CryptoFigure {
  const char* system;
  double parameters;        // of the published model
  double positions;         // that the published run proved
  double seconds;           // to prove or to compute them
  double proof_bytes;       // sent to the verifier
  double traffic_bytes;     // between parties, each way, for all positions
  double link_bytes_per_s;  // of the published run; 0: its time has no part on the wire
  double verify_s;
  double rounds;  // of communication, where known or ours (see the policy)
};
const CryptoFigure& figure_named(const std::vector<CryptoFigure>& figures, const std::string& name);

class CostModel : public VerificationPolicy {
 public:
  Audit select(const Claim&, const History&, Draw&) const override { return {.recomputations = 1}; }
  int committee() const override { return 1; }
  std::optional<double> power() const override { return 1; }
  std::optional<double> threshold() const override { return 0.5; }
  execution::Message commit(const execution::Trace&) const override { no_proof(); }
  execution::Judgement judge(const execution::Dialogue&, const execution::Trace&, Draw) const override { no_proof(); }

 private:
  [[noreturn]] static void no_proof() {
    throw RunError("a cost model makes no proof: its verification policy needs execution.mode = \"model\"");
  }
};

// The figure scaled to a claim: time and traffic grow with parameters x positions.
double scale(const CryptoFigure& figure, const Shape& shape);

}  // namespace orrery::sim::verification
