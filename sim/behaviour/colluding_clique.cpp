// A clique that covers for its members.
#include "sim/behaviour/cheats.hpp"

namespace orrery::sim::behaviour {
namespace {

class ColludingClique final : public BehaviourPolicy {
 public:
  struct Params {
    std::string cheat = "int4";
    bool accuses = false;
    static Fields<Params> fields() {
      return Fields<Params>()
          .choice("cheat", &Params::cheat, cheat_names(), "what its members do instead of their work")
          .boolean("accuses", &Params::accuses, "reject every outsider, to drive competitors out");
    }
  };
  static About about() {
    return {"colluding_clique", "cheats, and accepts the claims of its own",
            "All nodes of this behaviour know each other. Each cheats; drawn to audit a member, it accepts without "
            "looking; drawn to audit an outsider, it does its duty, or accuses where `accuses` is set. It breaks "
            "redundancy where it fills a quorum, and a committee where it has the majority.",
            "collusion of Sarmenta 2001; Dong et al. CCS 2017"};
  }
  explicit ColludingClique(const Params& params) : params_(params), cheat_(make_cheat(params.cheat)) {}

  Conduct act(const Assignment& a, const Memory& memory, const Odds* odds, Draw& draw) const override {
    return cheat_->act(a, memory, odds, draw);
  }
  Testimony testify(const Invitation& invitation, Draw&) const override {
    if (invitation.friends) return {.recomputes = false, .vote = Vote::accept};
    if (params_.accuses) return {.recomputes = false, .vote = Vote::reject};
    return {};
  }
  bool colludes() const override { return true; }

 private:
  Params params_;
  std::unique_ptr<BehaviourPolicy> cheat_;
};

ORRERY_REGISTER(BehaviourPolicy, ColludingClique);

}  // namespace
}  // namespace orrery::sim::behaviour
