#include "sim/engine/local.hpp"

#include <functional>
#include <string>

#include <gtest/gtest.h>

namespace orrery::sim::engine {
namespace {

struct Note {
  static constexpr std::uint16_t kind = 16;
};
struct Actor {
  std::function<void()> act;
  void on_event(const Event&) const { act(); }
};

TEST(Local, OnlyItsOwnerTouchesItDuringARun) {
  Simulation simulation(Duration::from_ns(1));
  Actor owner, stranger;
  const EntityId owner_id = simulation.add(owner);
  const EntityId stranger_id = simulation.add(stranger);
  Local<std::string> state(owner_id, "three");
  owner.act = [&] { state.get(simulation) += " four"; };
  stranger.act = [&] { state.get(simulation) += " five"; };

  simulation.timer(owner_id, Duration(), Note{});
  simulation.run(Time::from_ns(1));
  simulation.timer(stranger_id, Duration(), Note{});
  EXPECT_THROW(simulation.run(Time::from_ns(2)), ContractError);
  EXPECT_EQ(state.get(simulation), "three four");  // outside a run anybody may look
  EXPECT_EQ(state.owner(), owner_id);
}

}  // namespace
}  // namespace orrery::sim::engine
