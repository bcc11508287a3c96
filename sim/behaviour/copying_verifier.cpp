// Serves honestly and votes what others have voted.
#include "sim/behaviour/policy.hpp"

namespace orrery::sim::behaviour {
namespace {

class CopyingVerifier final : public BehaviourPolicy {
 public:
  struct Params {
    static Fields<Params> fields() { return {}; }
  };
  static About about() {
    return {"copying_verifier", "waits for another verifier's vote and repeats it",
            "Its own stages are honest. Asked to audit, it does not look: at every block it reads the votes on the "
            "chain, and as soon as there is one it says what most of them say. With open votes it is as right as those "
            "who looked, at no cost, and a committee of three is one opinion. Sealed votes (audit.votes) show nothing "
            "before it has to commit itself; then it says `accepted`, as a lazy verifier does, and is outvoted where "
            "the claim was wrong.",
            "free-riding that commit-reveal answers, as in arXiv 2509.24257 (VeriLLM) and docs.nesa.ai (CDV)"};
  }
  explicit CopyingVerifier(const Params&) {}

  Conduct act(const Assignment& a, const Memory&, const Odds*, Draw&) const override {
    return {.stage = {.honest = a.honest}};
  }
  bool serves_honestly() const override { return true; }
  Testimony testify(const Invitation&, Draw&) const override {
    return {.recomputes = false, .vote = Vote::accept, .copies = true};
  }
};

ORRERY_REGISTER(BehaviourPolicy, CopyingVerifier);

}  // namespace
}  // namespace orrery::sim::behaviour
