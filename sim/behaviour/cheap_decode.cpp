// Decodes cheaply and proves honestly.
#include "sim/behaviour/cheats.hpp"

namespace orrery::sim::behaviour {
namespace {

class CheapDecode final : public BehaviourPolicy {
 public:
  struct Params {
    std::string cheat = "smaller_model";
    static Fields<Params> fields() {
      return Fields<Params>().choice("cheat", &Params::cheat, cheat_names(), "how it decodes");
    }
  };
  static About about() {
    return {
        "cheap_decode", "decodes with a cheat, then makes its proofs by one honest prefill",
        "The text is generated the cheap way, token by token; afterwards one honest pass over prompt and text, which a "
        "batched prefill makes almost for free, yields the activations that commitments and answers are made from. "
        "Any proof about activations alone is then true. What it cannot fake is that the honest model would have "
        "chosen these tokens, nor rows that somebody else already holds.",
        "known gap of last-layer fingerprints (arXiv 2511.20621, section on limits)"};
  }
  explicit CheapDecode(const Params& params) : cheat_(make_cheat(params.cheat)) {}

  Conduct act(const Assignment& a, const Memory& memory, const Odds* odds, Draw& draw) const override {
    Conduct conduct = cheat_->act(a, memory, odds, draw);
    conduct.stage.proves_honestly = true;
    conduct.cheat = conduct.cheat == "smaller_model" ? "cheap_decode" : "cheap_decode:" + conduct.cheat;
    return conduct;
  }

 private:
  std::unique_ptr<BehaviourPolicy> cheat_;
};

ORRERY_REGISTER(BehaviourPolicy, CheapDecode);

}  // namespace
}  // namespace orrery::sim::behaviour
