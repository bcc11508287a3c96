// Leaves its record behind.
#include "sim/behaviour/cheats.hpp"

namespace orrery::sim::behaviour {
namespace {

class Whitewasher final : public BehaviourPolicy {
 public:
  struct Params {
    std::string cheat = "int4";
    std::int64_t after = 1;
    static Fields<Params> fields() {
      return Fields<Params>()
          .choice("cheat", &Params::cheat, cheat_names(), "what it does instead of its work")
          .integer("after", &Params::after, "audits", "rejections after which it takes a new name", 1, 1e6);
    }
  };
  static About about() {
    return {
        "whitewasher", "cheats, and comes back under a new name when caught",
        "It cheats on everything. After `after` rejected audits it registers anew: counters, reputation and history "
        "begin again, and what the old name had at stake stays behind. Pays wherever a newcomer is better off than "
        "somebody with a bad record.",
        "Friedman and Resnick 2001 (cheap pseudonyms)"};
  }
  explicit Whitewasher(const Params& params) : params_(params), cheat_(make_cheat(params.cheat)) {}

  Conduct act(const Assignment& a, const Memory& memory, const Odds* odds, Draw& draw) const override {
    return cheat_->act(a, memory, odds, draw);
  }
  bool takes_new_name(const Memory& memory) const override { return memory.rejected >= params_.after; }

 private:
  Params params_;
  std::unique_ptr<BehaviourPolicy> cheat_;
};

ORRERY_REGISTER(BehaviourPolicy, Whitewasher);

}  // namespace
}  // namespace orrery::sim::behaviour
