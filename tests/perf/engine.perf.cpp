// The engine: events between entities, on either event set; timers that are cancelled; coroutines that sleep.
#include <deque>
#include <memory>
#include <vector>

#include "sim/engine/host.hpp"
#include "sim/engine/simulation.hpp"
#include "sim/random.hpp"
#include "tests/perf/cases.hpp"

namespace orrery::perf {
namespace {

using namespace sim;
using namespace sim::engine;

constexpr std::int64_t lookahead_ns = 100'000;

struct Ball {
  static constexpr std::uint16_t kind = 16;
  std::uint64_t value = 0;
};

// PHOLD: every event makes one event, half of them for an entity drawn uniformly. Delays are uniform, in whole numbers:
// a logarithm would be another one in another libm.
struct Player {
  Simulation* simulation = nullptr;
  EntityId self{0};
  std::uint64_t handled = 0;
  std::uint32_t players = 0;
  bool hesitates = false;  // sets a timer for each event and cancels it at the next
  TimerId reminder{};

  void pass(std::uint64_t value) {
    const auto bits = random_bits(1, Stream::test, self.index(), handled++);
    const auto far = static_cast<std::uint32_t>(static_cast<std::uint64_t>(bits[2]) * players >> 32);
    simulation->send(self, (bits[1] & 1) != 0 ? self : EntityId(far),
                     Duration::from_ns(lookahead_ns + bits[0] % 1'800'000), Ball{value + bits[3]});
    if (!hesitates) return;
    if (handled > 1) simulation->cancel(reminder);
    reminder = simulation->timer(self, Duration::from_ns(50'000'000), Ball{});
  }
  void on_event(const Event& event) { pass(event.as<Ball>().value); }
};

struct Game {
  Game(EventSet set, bool hesitate) : simulation(Duration::from_ns(lookahead_ns), set), players(256) {
    for (Player& player : players) {
      player.simulation = &simulation;
      player.self = simulation.add(player);
      player.players = static_cast<std::uint32_t>(players.size());
      player.hesitates = hesitate;
    }
    for (Player& player : players) player.pass(0);
  }
  std::uint64_t play() { return simulation.run(Time::from_ns(20'000'000)); }

  Simulation simulation;
  std::vector<Player> players;
};

Work phold(EventSet set, bool hesitate) {
  Game oracle(EventSet::binary_heap, hesitate);
  oracle.play();
  return [set, hesitate, hash = oracle.simulation.trace_hash()] {
    Game game(set, hesitate);
    check(game.play() > 4000, "too few events");
    check(game.simulation.trace_hash() == hash, "another run than the binary heap's");
  };
}

struct Sleeper : Host {
  using Host::Host;
  ~Sleeper() override { kill_all(); }
  std::uint64_t woken = 0;
};

Process sleep_on(Sleeper& self, Duration period) {
  for (;;) {
    co_await self.sleep(period);
    ++self.woken;
  }
}

void wake_up() {
  Simulation simulation(Duration::from_ns(1));
  std::deque<Sleeper> sleepers;
  std::uint64_t expected = 0, woken = 0;
  for (int i = 0; i < 500; ++i) {
    const std::int64_t period = 500'000 + 1'999 * i;
    sleepers.emplace_back(simulation).spawn(sleep_on(sleepers.back(), Duration::from_ns(period)));
    expected += static_cast<std::uint64_t>(9'999'999 / period);
  }
  simulation.run(Time::from_ns(10'000'000));
  for (const Sleeper& sleeper : sleepers) woken += sleeper.woken;
  check(woken == expected, "a process slept too long or too short");
}

}  // namespace

Cases cases() {
  return {{"phold", [] { return phold(EventSet::radix_heap, false); }},
          {"phold_binary_heap", [] { return phold(EventSet::binary_heap, false); }},
          {"phold_cancelled_timers", [] { return phold(EventSet::radix_heap, true); }},
          {"wake_ups", [] { return wake_up; }}};
}

}  // namespace orrery::perf
