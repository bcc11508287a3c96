#include "sim/engine/simulation.hpp"

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace orrery::sim::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Duration ns(std::int64_t n) { return Duration::from_ns(n); }
Time at(std::int64_t n) { return Time::from_ns(n); }

struct Note {
  static constexpr std::uint16_t kind = 16;
  int value = 0;
};
struct Other {
  static constexpr std::uint16_t kind = 17;
  double a = 0, b = 0, c = 0;
};

// Does what the test says with each event.
struct Actor {
  std::function<void(const Event&)> act = [](const Event&) {};
  void on_event(const Event& event) const { act(event); }
};

class SimulationTest : public ::testing::TestWithParam<EventSet> {
 protected:
  SimulationTest() {
    for (Actor& actor : actors) simulation.add(actor);
  }
  Simulation simulation{ns(10), GetParam()};
  std::vector<Actor> actors{3};
  const EntityId a{0}, b{1}, c{2};
};
TEST_P(SimulationTest, StepsFollowAnotherClock) {
  std::vector<std::int64_t> when;
  actors[0].act = [&](const Event&) { when.push_back(simulation.now().ns()); };
  const EntityId self(0);
  simulation.timer(self, ns(10), Note{});
  simulation.timer(self, ns(20), Note{});
  const TimerId never = simulation.timer(self, ns(15), Note{});
  simulation.cancel(never);
  EXPECT_FALSE(simulation.step(at(9)));
  EXPECT_TRUE(simulation.step(at(30))) << "late, and handled as of now";
  EXPECT_TRUE(simulation.step(at(31)));
  EXPECT_FALSE(simulation.step(at(31)));
  EXPECT_THAT(when, ElementsAre(30, 31));
  // What comes from elsewhere is not dated back either.
  Event event{.at = at(5), .to = self, .from = EntityId(1), .kind = Note::kind, .payload = {}};
  simulation.arrive(event);
  EXPECT_TRUE(simulation.step(simulation.now()));
  EXPECT_EQ(when.back(), 32);
}

INSTANTIATE_TEST_SUITE_P(Sets, SimulationTest, ::testing::Values(EventSet::radix_heap, EventSet::binary_heap));

// Rows of a table as entities: the model they belong to comes with the handler.
TEST_P(SimulationTest, EntitiesOfOneKindShareAContext) {
  struct Model {
    std::vector<std::pair<int*, std::int64_t>> seen;
  } model;
  int rows[2] = {7, 8};
  const auto handler = [](void* context, void* self, const Event& event) {
    static_cast<Model*>(context)->seen.emplace_back(static_cast<int*>(self), event.at.ns());
  };
  simulation.reserve(8);
  const EntityId first = simulation.add(&rows[0], handler, &model);
  const EntityId second = simulation.add(&rows[1], handler, &model);
  simulation.send(first, second, ns(11), Note{});
  simulation.timer(first, ns(12), Note{});
  simulation.run(at(20));
  EXPECT_THAT(model.seen, ElementsAre(std::pair(&rows[1], 11), std::pair(&rows[0], 12)));
}

TEST_P(SimulationTest, CarriesPayloadAndAddresses) {
  Event seen;
  actors[1].act = [&](const Event& event) {
    seen = event;
    EXPECT_EQ(simulation.current(), b);
    EXPECT_EQ(simulation.now(), at(25));
  };
  simulation.send(a, b, ns(25), Other{1.5, 2.5, 3.5});
  EXPECT_EQ(simulation.run(at(26)), 1u);
  EXPECT_EQ(seen.from, a);
  EXPECT_EQ(seen.to, b);
  EXPECT_EQ(seen.as<Other>().c, 3.5);
  EXPECT_THROW(seen.as<Note>(), ContractError);
  EXPECT_FALSE(simulation.current());
}

TEST_P(SimulationTest, RunsUpToButNotIncludingTheLimit) {
  int handled = 0;
  actors[0].act = [&](const Event&) { ++handled; };
  for (int i = 10; i <= 50; i += 10) simulation.timer(a, ns(i), Note{i});
  EXPECT_EQ(simulation.run(at(30)), 2u);
  EXPECT_EQ(simulation.now(), at(30));
  EXPECT_EQ(simulation.pending(), 3u);
  EXPECT_EQ(simulation.run(at(30)), 0u);
  EXPECT_EQ(simulation.run(at(31)), 1u);
  EXPECT_EQ(simulation.run(Time::never()), 2u);
  EXPECT_EQ(handled, 5);
  EXPECT_EQ(simulation.now(), Time::never());
  EXPECT_THROW(simulation.run(at(40)), ContractError);
}

TEST_P(SimulationTest, StopEndsTheRunAtTheEventAtHand) {
  actors[0].act = [&](const Event& event) {
    if (event.as<Note>().value == 2) simulation.stop();
  };
  for (int i = 1; i <= 4; ++i) simulation.timer(a, ns(100 * i), Note{i});
  EXPECT_EQ(simulation.run(at(1000)), 2u);
  EXPECT_EQ(simulation.now(), at(200));
  simulation.timer(a, ns(50), Note{9});  // between what was handled and what is pending
  EXPECT_EQ(simulation.run(at(1000)), 3u);
  EXPECT_EQ(simulation.now(), at(1000));
}

TEST_P(SimulationTest, OrdersAnInstantByReceiverSenderAndSequence) {
  std::vector<std::string> order;
  for (Actor& actor : actors) {
    actor.act = [&](const Event& event) {
      order.push_back(std::to_string(event.to.index()) + std::to_string(event.from.index()) +
                      std::to_string(event.sequence));
    };
  }
  simulation.send(c, b, ns(50), Note{});  // sequence 0 of c
  simulation.send(c, a, ns(50), Note{});  // 1
  simulation.send(b, b, ns(50), Note{});  // 0 of b
  simulation.send(a, b, ns(50), Note{});  // 0 of a
  simulation.send(b, b, ns(50), Note{});  // 1
  simulation.send(b, c, ns(49), Note{});  // 2
  simulation.run(at(51));
  EXPECT_THAT(order, ElementsAre("212", "021", "100", "110", "111", "120"));
}

TEST_P(SimulationTest, ZeroDelayTimerComesBeforeWhatLargerSendersSent) {
  std::vector<int> order;
  actors[1].act = [&](const Event& event) {
    const int value = event.as<Note>().value;
    order.push_back(value);
    if (value == 1) simulation.timer(b, ns(0), Note{10});
    if (value == 10) simulation.timer(b, ns(0), Note{11});
  };
  actors[2].act = [&](const Event& event) { order.push_back(event.as<Note>().value); };
  simulation.send(a, b, ns(50), Note{1});
  simulation.send(a, b, ns(50), Note{2});
  simulation.timer(b, ns(50), Note{3});
  simulation.send(c, b, ns(50), Note{4});
  simulation.send(a, c, ns(50), Note{5});
  simulation.run(at(51));
  EXPECT_THAT(order, ElementsAre(1, 2, 3, 10, 11, 4, 5));
}

TEST_P(SimulationTest, LookaheadViolationNamesBothEndsAndTheDelay) {
  try {
    simulation.send(a, c, ns(9), Note{});
    FAIL() << "a message below the lookahead went through";
  } catch (const ContractError& error) {
    EXPECT_THAT(error.what(), HasSubstr("from entity 0 to entity 2 after 9 ns is below the lookahead"));
  }
  EXPECT_EQ(simulation.pending(), 0u);
  EXPECT_THROW(Simulation(ns(0)), ContractError);
}

TEST_P(SimulationTest, EntitiesSpeakOnlyForThemselves) {
  actors[0].act = [&](const Event&) {
    EXPECT_THROW(simulation.send(b, c, ns(20), Note{}), ContractError);
    EXPECT_THROW(simulation.timer(b, ns(0), Note{}), ContractError);
    EXPECT_THROW(simulation.run(at(1000)), ContractError);
    simulation.send(a, c, ns(20), Note{});
  };
  simulation.timer(a, ns(0), Note{});
  simulation.run(at(1));
  EXPECT_EQ(simulation.pending(), 1u);
  EXPECT_THROW(simulation.timer(a, ns(-1), Note{}), ContractError);
  EXPECT_THROW(simulation.send(a, EntityId(3), ns(20), Note{}), ContractError);
  EXPECT_THROW(simulation.timer(a, ns(INT64_MAX), Note{}), ContractError) << "time would overflow";
}

TEST_P(SimulationTest, ExceptionLeavesTheRestPending) {
  actors[0].act = [&](const Event& event) {
    if (event.as<Note>().value == 1) throw std::runtime_error("broken");
  };
  simulation.timer(a, ns(10), Note{1});
  simulation.timer(a, ns(20), Note{2});
  EXPECT_THROW(simulation.run(at(100)), std::runtime_error);
  EXPECT_EQ(simulation.now(), at(10));
  EXPECT_EQ(simulation.run(at(100)), 1u);
}

TEST_P(SimulationTest, CancelsOnceAndOnlyWhatIsPending) {
  int fired = 0;
  actors[0].act = [&](const Event&) { ++fired; };
  const TimerId first = simulation.timer(a, ns(10), Note{});
  const TimerId second = simulation.timer(a, ns(20), Note{});
  EXPECT_TRUE(simulation.cancel(first));
  EXPECT_FALSE(simulation.cancel(first));
  EXPECT_EQ(simulation.pending(), 1u);
  EXPECT_EQ(simulation.run(at(100)), 1u);
  EXPECT_FALSE(simulation.cancel(second));
  // The slot of `second` is reused; the old name must not hit the new timer.
  const TimerId third = simulation.timer(a, ns(10), Note{});
  EXPECT_EQ(third.slot, second.slot);
  EXPECT_FALSE(simulation.cancel(second));
  EXPECT_FALSE(simulation.cancel(TimerId()));
  EXPECT_EQ(simulation.run(at(200)), 1u);
  EXPECT_EQ(fired, 2);
  EXPECT_EQ(simulation.statistics().cancelled, 1u);
}

TEST_P(SimulationTest, CancelledTimersDoNotAccumulate) {
  // A time-out far away, set and cancelled for ever, must not grow the event set: watch the slots that it hands out.
  std::uint32_t highest = 0;
  for (int i = 0; i < 100000; ++i) {
    const TimerId timer = simulation.timer(a, Duration::from_seconds(1000), Note{});
    highest = std::max(highest, timer.slot);
    EXPECT_TRUE(simulation.cancel(timer));
  }
  EXPECT_LT(highest, 4096u);
  EXPECT_EQ(simulation.pending(), 0u);
  EXPECT_EQ(simulation.run(Time::never()), 0u);
}

TEST_P(SimulationTest, TraceHashSeesOrderWithinAnEntity) {
  const auto hash = [](std::int64_t first, std::int64_t second) {
    Actor actor;
    Simulation run(ns(10), GetParam());
    const EntityId id = run.add(actor);
    run.timer(id, ns(first), Note{});
    run.timer(id, ns(second), Note{});
    run.run(at(1000));
    return run.trace_hash();
  };
  EXPECT_EQ(hash(20, 30), hash(20, 30));
  EXPECT_NE(hash(20, 30), hash(30, 20));
}

}  // namespace
}  // namespace orrery::sim::engine
