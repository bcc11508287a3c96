// Builds a record, then spends it.
#include "sim/behaviour/cheats.hpp"

namespace orrery::sim::behaviour {
namespace {

class ExitScam final : public BehaviourPolicy {
 public:
  struct Params {
    std::int64_t honest_requests = 10;
    std::string cheat = "random_output";
    bool repents = false;
    static Fields<Params> fields() {
      return Fields<Params>()
          .integer("honest_requests", &Params::honest_requests, "request", "served honestly before it begins to cheat",
                   0, 1e9)
          .choice("cheat", &Params::cheat, cheat_names(), "what it does from then on")
          .boolean("repents", &Params::repents,
                   "once it was caught, builds its record anew: honest again for as many requests");
    }
  };
  static About about() {
    return {
        "exit_scam", "honest for so many requests, a cheat from then on",
        "Whatever trust is earned by counting is built and then spent: honest for `honest_requests`, and the cheat "
        "after that, until it is caught or, where it repents, in turns. Against adaptive replication with ten honest "
        "jobs it gets nine of twenty junk results accepted.",
        "build-then-cheat against BOINC's adaptive replication (ours after BOINC's code)"};
  }
  explicit ExitScam(const Params& params)
      : params_(params), honest_(make_cheat("honest")), cheat_(make_cheat(params.cheat)) {}

  Conduct act(const Assignment& a, const Memory& memory, const Odds* odds, Draw& draw) const override {
    const std::int64_t served = params_.repents ? memory.since_rejection : memory.requests;
    const auto& chosen = served < params_.honest_requests ? honest_ : cheat_;
    return chosen->act(a, memory, odds, draw);
  }

 private:
  Params params_;
  std::unique_ptr<BehaviourPolicy> honest_, cheat_;
};

ORRERY_REGISTER(BehaviourPolicy, ExitScam);

}  // namespace
}  // namespace orrery::sim::behaviour
