// Several behaviours in one swarm.
#include <cmath>

#include "sim/behaviour/policy.hpp"

namespace orrery::sim::behaviour {
namespace {

using Registry = config::Registry<BehaviourPolicy>;

config::Value empty_table() {
  config::Value value;
  value.data = config::Table{};
  return value;
}

class Mix final : public BehaviourPolicy {
 public:
  struct Params {
    config::Mix members = {{"honest", 1.0}};
    config::Value settings = empty_table();
    double rate = 1;
    static Fields<Params> fields() {
      return Fields<Params>()
          .mix("members", &Params::members, "behaviour = weight: who plays what, in these shares")
          .table("settings", &Params::settings,
                 "parameters of members, a table each: exit_scam = { honest_requests = 5 }; others keep their defaults")
          .real("rate", &Params::rate, "1",
                "share of sessions in which a node plays its part; in the others it is honest", 0, 1);
    }
  };
  static About about() {
    return {"mix", "several behaviours in one swarm, in fixed shares",
            "Every node plays one of `members` for the whole run: exact shares, spread evenly over the list of nodes "
            "(node i plays the member in whose part of the unit interval the fractional part of (i + 0.5) x 0.618... "
            "lies), so that runs with different seeds have the same cast. With a `rate` below one a node plays its "
            "part in that share of its sessions, drawn when one opens, and does the work in the others. Members of "
            "one clique know each other.",
            "ours"};
  }
  explicit Mix(const Params& params) : params_(params), honest_(Registry::instance().make("honest")) {
    const std::vector<std::string> known = Registry::instance().names();
    for (const config::Entry& entry : params.settings.table()) {
      bool member = false;
      for (const auto& [name, weight] : params.members) member = member || name == entry.key;
      VALIDATE(member, entry.place.text(), "settings for '" + entry.key + "', which nobody plays",
               "they would be ignored", "Add it to behaviour.members, or leave them out.");
      VALIDATE(entry.value.is_table() && !entry.value.find("policy"), entry.place.text(),
               "settings for '" + entry.key + "' are no table of parameters", "a table belongs here",
               "Write " + entry.key + " = { key = value }.");
    }
    double sum = 0;
    for (const auto& [name, weight] : params.members) sum += weight;
    for (const auto& [name, weight] : params.members) {
      VALIDATE(name != "mix" && Registry::instance().records().contains(name), "behaviour.members",
               "no behaviour '" + name + "' to play", "a member is a behaviour and not a mix",
               config::suggest(name, known));
      const config::Value* settings = params.settings.find(name);
      const double upto = (roles_.empty() ? 0 : roles_.back().upto) + weight / sum;
      roles_.push_back({upto, Registry::instance()
                                  .records()
                                  .find(name)
                                  ->second.make(settings ? *settings : empty_table(), "behaviour.settings." + name)
                                  .policy});
    }
    for (Role& role : roles_) role.part = std::make_unique<Part>(*role.policy, *honest_, params.rate);
  }

  const BehaviourPolicy& role(NodeId node) const override {
    const double at = std::fmod((static_cast<double>(node.index()) + 0.5) * 0.6180339887498949, 1.0);
    for (const Role& role : roles_) {
      if (at < role.upto) return *role.part;
    }
    return *roles_.back().part;
  }
  Conduct act(const Assignment& a, const Memory& memory, const Odds* odds, Draw& draw) const override {
    return role(a.node).act(a, memory, odds, draw);
  }
  Testimony testify(const Invitation& invitation, Draw& draw) const override {
    return role(invitation.verifier).testify(invitation, draw);
  }

 private:
  // A member that plays its part now and then.
  class Part final : public BehaviourPolicy {
   public:
    Part(const BehaviourPolicy& played, const BehaviourPolicy& honest, double rate)
        : played_(played), honest_(honest), rate_(rate) {}
    Conduct act(const Assignment& a, const Memory& memory, const Odds* odds, Draw& draw) const override {
      return (draw.uniform() < rate_ ? played_ : honest_).act(a, memory, odds, draw);
    }
    Testimony testify(const Invitation& invitation, Draw& draw) const override {
      return played_.testify(invitation, draw);
    }
    bool serves_honestly() const override { return played_.serves_honestly(); }
    bool takes_new_name(const Memory& memory) const override { return played_.takes_new_name(memory); }
    bool colludes() const override { return played_.colludes(); }

   private:
    const BehaviourPolicy& played_;
    const BehaviourPolicy& honest_;
    double rate_;
  };
  struct Role {
    double upto;
    std::unique_ptr<BehaviourPolicy> policy;
    std::unique_ptr<Part> part{};
  };
  Params params_;
  std::unique_ptr<BehaviourPolicy> honest_;
  std::vector<Role> roles_;
};

ORRERY_REGISTER(BehaviourPolicy, Mix);

}  // namespace
}  // namespace orrery::sim::behaviour
