// Serves honestly and audits without looking.
#include "sim/behaviour/policy.hpp"

namespace orrery::sim::behaviour {
namespace {

class LazyVerifier final : public BehaviourPolicy {
 public:
  struct Params {
    double lazy = 1;
    static Fields<Params> fields() {
      return Fields<Params>().real("lazy", &Params::lazy, "1", "share of audits that it answers without looking", 0, 1);
    }
  };
  static About about() {
    return {
        "lazy_verifier", "accepts what it should audit, without recomputing it",
        "Its own stages are honest. Asked to audit, it says `accepted`, which is what most claims deserve, and saves "
        "the recomputation: the verifier's dilemma. Only claims that are known to be wrong, planted or found out by "
        "others, expose it.",
        "Luu et al. 2015 (verifier's dilemma); Felten 2019 (attention challenges)"};
  }
  explicit LazyVerifier(const Params& params) : params_(params) {}

  Conduct act(const Assignment& a, const Memory&, const Odds*, Draw&) const override {
    return {.stage = {.honest = a.honest}};
  }
  bool serves_honestly() const override { return true; }
  Testimony testify(const Invitation&, Draw& draw) const override {
    if (draw.uniform() >= params_.lazy) return {};
    return {.recomputes = false, .vote = Vote::accept};
  }

 private:
  Params params_;
};

ORRERY_REGISTER(BehaviourPolicy, LazyVerifier);

}  // namespace
}  // namespace orrery::sim::behaviour
