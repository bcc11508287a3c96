// Keeps its KV cache in fp8.
#include "sim/behaviour/policy.hpp"

namespace orrery::sim::behaviour {
namespace {

class Fp8Kv final : public BehaviourPolicy {
 public:
  struct Params {
    static Fields<Params> fields() { return {}; }
  };
  static About about() {
    return {"fp8_kv", "keeps its KV cache in fp8 and says otherwise",
            "Keys and values are rounded to e4m3 with one scale a head and position before attention sees them; "
            "everything else "
            "is honest. Half the cache of bf16, so twice the sessions; a quarter of fp32.",
            "arXiv 2511.20621 (DiFR)"};
  }
  explicit Fp8Kv(const Params&) {}

  Conduct act(const Assignment& a, const Memory&, const Odds*, Draw&) const override {
    Arithmetic cheap = a.honest;
    cheap.kv = KvFormat::fp8;
    return {.stage = {.honest = a.honest, .cheap = cheap, .cheap_from = a.blocks.begin}, .cheat = "fp8_kv"};
  }
};

ORRERY_REGISTER(BehaviourPolicy, Fp8Kv);

}  // namespace
}  // namespace orrery::sim::behaviour
