// Holds its weights in int4.
#include "sim/behaviour/policy.hpp"

namespace orrery::sim::behaviour {
namespace {

class Int4 final : public BehaviourPolicy {
 public:
  struct Params {
    static Fields<Params> fields() { return {}; }
  };
  static About about() {
    return {
        "int4", "holds its weights in int4 and says otherwise",
        "Weights are rounded to int4 in groups of 32 with a common scale and multiplied with activations rounded to "
        "int8. A quarter of the memory of bf16: a node serves almost four times the blocks, or decodes almost four "
        "times as fast.",
        "arXiv 2511.20621 (DiFR), 2501.16007 (TOPLOC); the format is that of llama.cpp's Q4_0"};
  }
  explicit Int4(const Params&) {}

  Conduct act(const Assignment& a, const Memory&, const Odds*, Draw&) const override {
    Arithmetic cheap = a.honest;
    cheap.weights = Weights::int4;
    return {.stage = {.honest = a.honest, .cheap = cheap, .cheap_from = a.blocks.begin}, .cheat = "int4"};
  }
};

ORRERY_REGISTER(BehaviourPolicy, Int4);

}  // namespace
}  // namespace orrery::sim::behaviour
