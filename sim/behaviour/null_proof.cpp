// Shows nothing under the name of evidence.
#include "sim/behaviour/cheats.hpp"

namespace orrery::sim::behaviour {
namespace {

class NullProof final : public BehaviourPolicy {
 public:
  struct Params {
    std::string cheat = "int4";
    static Fields<Params> fields() {
      return Fields<Params>().choice("cheat", &Params::cheat, cheat_names(), "what it computes");
    }
  };
  static About about() {
    return {"null_proof", "cheats, and sends evidence that is all zeros",
            "Commitments and answers have the length that they should have and not one bit of what was computed, as a "
            "prover sends them that failed and hid it, or one that bets on nobody looking. Whoever checks the form "
            "finds it at once: it is what tells a protocol that parses its evidence from one that trusts it.",
            "PrimeIntellect-ai/toploc: on an exception its prover emits proofs with a modulus of zero"};
  }
  explicit NullProof(const Params& params) : cheat_(make_cheat(params.cheat)) {}

  Conduct act(const Assignment& a, const Memory& memory, const Odds* odds, Draw& draw) const override {
    Conduct conduct = cheat_->act(a, memory, odds, draw);
    conduct.stage.forges = true;
    conduct.cheat = conduct.cheat == "int4" ? "null_proof" : "null_proof:" + conduct.cheat;
    return conduct;
  }

 private:
  std::unique_ptr<BehaviourPolicy> cheat_;
};

ORRERY_REGISTER(BehaviourPolicy, NullProof);

}  // namespace
}  // namespace orrery::sim::behaviour
