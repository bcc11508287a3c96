// Holds its weights in int8.
#include "sim/behaviour/policy.hpp"

namespace orrery::sim::behaviour {
namespace {

class Int8 final : public BehaviourPolicy {
 public:
  struct Params {
    static Fields<Params> fields() { return {}; }
  };
  static About about() {
    return {"int8", "holds its weights in int8 and says otherwise",
            "Weights are rounded to int8 in groups of 32 with a common scale and multiplied with activations rounded "
            "likewise. Half the memory of bf16 and half the bytes a decode step reads; the text hardly suffers.",
            "Q8_0 of llama.cpp is such a format; the cheat is arXiv 2501.16007 (TOPLOC), section on precision"};
  }
  explicit Int8(const Params&) {}

  Conduct act(const Assignment& a, const Memory&, const Odds*, Draw&) const override {
    Arithmetic cheap = a.honest;
    cheap.weights = Weights::int8;
    return {.stage = {.honest = a.honest, .cheap = cheap, .cheap_from = a.blocks.begin}, .cheat = "int8"};
  }
};

ORRERY_REGISTER(BehaviourPolicy, Int8);

}  // namespace
}  // namespace orrery::sim::behaviour
