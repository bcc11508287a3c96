#include "sim/engine/radix_heap.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "sim/engine/simulation.hpp"
#include "sim/random.hpp"

namespace orrery::sim::engine {
namespace {

struct Step {
  static constexpr std::uint16_t kind = 16;
};

// A random model with the knobs that break event sets.
struct Knobs {
  std::int64_t start = 0;  // [ns]
  std::int64_t tick = 1;   // delays are multiples of it: large ticks make ties
  double mean = 1e6;       // [ns]
  double zero = 0;         // probability of a further zero-delay timer
  double hub = 0;          // probability that a message goes to entity 0
  double cancel = 0;       // probability of a time-out that is set now and cancelled at the next event
  std::uint32_t entities = 50;
  int events_each = 4;
  int runs = 40;  // the run is cut into so many pieces of random length
  std::uint64_t seed = 11;
};

using Handled = std::tuple<std::int64_t, std::uint32_t, std::uint32_t, std::uint32_t>;
struct Outcome {
  std::vector<Handled> trace;
  std::uint64_t hash = 0;
  Statistics statistics;
};

class Model {
 public:
  Model(const Knobs& knobs, EventSet set) : knobs_(knobs), simulation_(Duration::from_ns(knobs.tick), set) {
    entities_.reserve(knobs.entities);
    for (std::uint32_t id = 0; id < knobs.entities; ++id) {
      entities_.push_back({this, Draw(knobs.seed, Stream::test, id), TimerId()});
      simulation_.add(entities_.back());
    }
  }

  Outcome run() {
    Draw cut(knobs_.seed + 1, Stream::test, 0);
    simulation_.run(Time::from_ns(knobs_.start));
    for (std::uint32_t id = 0; id < knobs_.entities; ++id) {
      for (int i = 0; i < knobs_.events_each; ++i) simulation_.timer(EntityId(id), delay(entities_[id].draw), Step{});
    }
    for (int i = 0; i < knobs_.runs; ++i) {
      const Duration length = Duration::from_ns(static_cast<std::int64_t>(cut.exponential(knobs_.mean)));
      simulation_.run(simulation_.now() + length);
      // From outside, just after the cut: before anything that was already looked at.
      simulation_.timer(EntityId(static_cast<std::uint32_t>(cut.below(knobs_.entities))), Duration(), Step{});
    }
    return {std::move(trace_), simulation_.trace_hash(), simulation_.statistics()};
  }

 private:
  struct Entity {
    Model* model;
    Draw draw;
    TimerId timeout;
    void on_event(const Event& event) { model->step(*this, event); }
  };

  Duration delay(Draw& draw) const {
    const auto ticks = static_cast<std::int64_t>(draw.exponential(knobs_.mean) / static_cast<double>(knobs_.tick));
    return Duration::from_ns((1 + ticks) * knobs_.tick);
  }
  void step(Entity& entity, const Event& event) {
    trace_.emplace_back(event.at.ns(), event.to.index(), event.from.index(), event.sequence);
    const EntityId self = event.to;
    Draw& draw = entity.draw;
    if (draw.uniform() < knobs_.zero) {
      simulation_.timer(self, Duration(), Step{});  // carries the population on by itself
      return;
    }
    if (entity.timeout) simulation_.cancel(std::exchange(entity.timeout, TimerId()));
    if (draw.uniform() < knobs_.cancel) entity.timeout = simulation_.timer(self, delay(draw) * 50, Step{});
    const auto anybody = static_cast<std::uint32_t>(draw.below(knobs_.entities));
    const EntityId to(draw.uniform() < knobs_.hub ? 0 : anybody);
    simulation_.send(self, to, delay(draw), Step{});
  }

  Knobs knobs_;
  Simulation simulation_;
  std::vector<Entity> entities_;
  std::vector<Handled> trace_;
};

void expect_same_run(const Knobs& knobs, std::size_t at_least) {
  const Outcome radix = Model(knobs, EventSet::radix_heap).run();
  const Outcome oracle = Model(knobs, EventSet::binary_heap).run();
  EXPECT_GE(radix.trace.size(), at_least) << "the model did not do enough to test anything";
  ASSERT_EQ(radix.trace.size(), oracle.trace.size());
  const auto differs = std::mismatch(radix.trace.begin(), radix.trace.end(), oracle.trace.begin());
  EXPECT_EQ(differs.first, radix.trace.end()) << "first at event " << differs.first - radix.trace.begin();
  EXPECT_EQ(radix.hash, oracle.hash);
  EXPECT_EQ(radix.statistics.max_pending, oracle.statistics.max_pending);
  EXPECT_EQ(radix.statistics.cancelled, oracle.statistics.cancelled);
  const auto earlier = [](const Handled& a, const Handled& b) {
    return std::tie(std::get<0>(a), std::get<1>(a)) < std::tie(std::get<0>(b), std::get<1>(b));
  };
  EXPECT_TRUE(std::is_sorted(radix.trace.begin(), radix.trace.end(), earlier)) << "not in order of (at, to)";
}

TEST(RadixHeap, SparseModel) { expect_same_run({}, 5000); }
TEST(RadixHeap, TieStorm) { expect_same_run({.tick = 500000, .entities = 300, .events_each = 10}, 50000); }
TEST(RadixHeap, ZeroDelayTimers) { expect_same_run({.tick = 1000, .zero = 0.6, .entities = 100}, 20000); }
TEST(RadixHeap, ZeroDelayTimersInTieStorms) { expect_same_run({.tick = 700000, .zero = 0.6, .entities = 300}, 50000); }
TEST(RadixHeap, Hub) { expect_same_run({.tick = 100, .hub = 0.5, .entities = 1000}, 50000); }
TEST(RadixHeap, CancellationStorm) {
  expect_same_run({.tick = 1000, .cancel = 0.9, .entities = 1000, .events_each = 3, .runs = 20}, 20000);
}
TEST(RadixHeap, Dense) { expect_same_run({.entities = 20000, .events_each = 2, .runs = 8}, 100000); }
TEST(RadixHeap, TimesNearTwoToThe62) {
  expect_same_run({.start = (std::int64_t{1} << 62) - 3000000, .tick = 7, .zero = 0.1}, 5000);
}
TEST(RadixHeap, DelaysOverManyScales) {
  expect_same_run({.mean = 1e14, .zero = 0.2, .entities = 2000, .runs = 20}, 50000);
}

// A number whose size is drawn, not its value: as often from 1 to 10 as from 1000 to 10000.
double scale(Draw& draw, double from, double to) { return from * std::pow(to / from, draw.uniform()); }

// Off as often as on: most knobs break things in company, some by themselves.
double probability(Draw& draw, double most) { return draw.uniform() < 0.5 ? 0 : draw.uniform(0, most); }

Knobs random_knobs(std::uint64_t seed) {
  Draw draw(15, Stream::test, 0, seed << 32);
  Knobs knobs{.seed = seed};
  // Just before a digit of the time rolls over, whichever.
  if (draw.uniform() < 0.5) {
    knobs.start = (std::int64_t{1} << (25 + draw.below(38))) - static_cast<std::int64_t>(draw.below(10'000'000));
  }
  knobs.mean = scale(draw, 1e3, 1e14);
  // From delays that hardly ever tie to few instants at which everything happens.
  knobs.tick = static_cast<std::int64_t>(scale(draw, 1, knobs.mean));
  knobs.zero = probability(draw, 0.7);
  knobs.hub = probability(draw, 1);
  knobs.cancel = probability(draw, 1);
  knobs.entities = static_cast<std::uint32_t>(scale(draw, 1, 3000));
  knobs.events_each = static_cast<int>(1 + draw.below(4));
  knobs.runs = static_cast<int>(5 + draw.below(15));
  return knobs;
}

TEST(RadixHeap, RandomKnobs) {
  for (std::uint64_t seed = 100; seed < 150; ++seed) {
    const Knobs k = random_knobs(seed);
    SCOPED_TRACE(::testing::Message() << "seed " << k.seed << ": start " << k.start << ", tick " << k.tick << ", mean "
                                      << k.mean << ", zero " << k.zero << ", hub " << k.hub << ", cancel " << k.cancel
                                      << ", entities " << k.entities << ", events_each " << k.events_each << ", runs "
                                      << k.runs);
    expect_same_run(k, k.entities);
    if (HasFailure()) return;  // the first says which knobs; the others would bury it
  }
}

// Key by key against an ordered set, with limits, drops and pushes into the sorted front.
TEST(RadixHeap, AgreesWithAnOrderedSetKeyByKey) {
  EventSlab events;
  RadixHeap heap(events);
  std::set<std::pair<std::uint64_t, std::uint32_t>> expected;  // (at, slot as to)
  Draw draw(13, Stream::test, 0);
  std::uint64_t now = 0;
  std::uint64_t dropped = 0;
  for (int round = 0; round < 3000; ++round) {
    for (std::uint64_t n = draw.below(round % 100 == 0 ? 3000 : 20); n > 0; --n) {
      const std::uint32_t slot = events.acquire();
      events[slot].from = EntityId(0);
      const std::uint64_t at = now + (std::uint64_t{1} << draw.below(40)) - draw.below(2);
      heap.push({slot, slot, at});
      expected.emplace(at, slot);
    }
    if (round % 50 == 7) {
      const auto dead = [](std::uint32_t slot) { return slot % 3 == 0; };
      heap.remove_if(dead);
      dropped += std::erase_if(expected, [&](const auto& key) { return dead(key.second); });
    }
    ASSERT_EQ(heap.size(), expected.size());
    const std::uint64_t limit = now + (std::uint64_t{1} << draw.below(36));
    Key key;
    for (std::uint64_t n = draw.below(60); n > 0; --n) {
      if (!heap.pop_before(limit, key)) {
        ASSERT_TRUE(expected.empty() || expected.begin()->first >= limit);
        now = limit;
        break;
      }
      ASSERT_EQ(std::pair(key.at, key.slot), *expected.begin());
      expected.erase(expected.begin());
      now = key.at;
    }
  }
  EXPECT_GT(dropped, 1000u);
}

// A pop that finds nothing before its limit must leave room for whatever is pushed between the limit and the next key.
TEST(RadixHeap, LookingAheadLeavesRoomForTheNear) {
  EventSlab events;
  RadixHeap heap(events);
  Draw draw(14, Stream::test, 0);
  std::vector<std::uint64_t> expected;
  const auto push = [&](std::uint64_t at) {
    const std::uint32_t slot = events.acquire();
    events[slot].from = EntityId(0);
    heap.push({slot, slot, at});
    expected.push_back(at);
  };
  for (int i = 0; i < 10; ++i) push((std::uint64_t{1} << 30) + draw.below(1 << 20));
  Key key;
  EXPECT_FALSE(heap.pop_before(100, key));
  for (int i = 0; i < 5000; ++i) push(100 + draw.below(std::uint64_t{1} << (8 + i % 24)));
  std::sort(expected.begin(), expected.end());
  for (const std::uint64_t at : expected) {
    ASSERT_TRUE(heap.pop_before(UINT64_MAX, key));
    ASSERT_EQ(key.at, at);
  }
  EXPECT_EQ(heap.size(), 0u);
}

// A million events at one instant, then as many timers of zero delay while they are handled, in linearithmic time.
TEST(RadixHeap, MillionAtOneInstant) {
  struct Sink {
    Simulation* simulation;
    std::pair<std::uint32_t, std::uint64_t> next{0, 0};  // the least (sender, sequence) that may come
    bool sorted = true;
    void on_event(const Event& event) {
      const std::pair<std::uint32_t, std::uint64_t> here{event.from.index(), event.sequence};
      sorted = sorted && next <= here;
      next = {here.first, here.second + 1};
      if (event.from != event.to) simulation->timer(event.to, Duration(), Step{});
    }
  };
  Simulation simulation(Duration::from_ns(1));
  constexpr std::uint32_t senders = 1000;
  std::vector<Sink> sinks(senders + 1, Sink{&simulation});
  for (Sink& sink : sinks) simulation.add(sink);
  for (std::uint32_t i = 0; i < 1000000; ++i) {
    simulation.send(EntityId(i * 7919 % senders), EntityId(senders), Duration::from_ns(5), Step{});
  }
  EXPECT_EQ(simulation.run(Time::from_ns(6)), 2000000u);
  EXPECT_TRUE(sinks[senders].sorted);
  EXPECT_EQ(simulation.statistics().max_pending, 1000000u);
}

}  // namespace
}  // namespace orrery::sim::engine
