#include "sim/engine/signal.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace orrery::sim::engine {
namespace {

using ::testing::ElementsAre;

Duration ns(std::int64_t n) { return Duration::from_ns(n); }
Time at(std::int64_t n) { return Time::from_ns(n); }

struct Node : Host {
  using Host::Host;
  ~Node() override { kill_all(); }
  void note(const std::string& line) { log.push_back(line + "@" + std::to_string(now().ns())); }
  Signal signal{*this};
  std::vector<std::string> log;
};

Process waiter(Node& node, std::string name) {
  co_await node.signal.wait();
  node.note(name);
  co_await node.signal.wait();
  node.note(name + " again");
}

Process ringer(Node& node, Duration period) {
  for (;;) {
    co_await node.sleep(period);
    node.signal.notify_all();
    node.note("rang");
  }
}

TEST(Signal, WakesEverybodyInOrderAndRemembersNothing) {
  Simulation simulation(ns(1));
  Node node(simulation);
  node.signal.notify_all();  // nobody there
  node.spawn(waiter(node, "a"));
  node.spawn(waiter(node, "b"));
  node.spawn(ringer(node, ns(10)));
  simulation.run(at(11));
  EXPECT_THAT(node.log, ElementsAre("rang@10", "a@10", "b@10"));
  EXPECT_EQ(node.signal.waiting(), 2u);
  simulation.run(at(21));
  EXPECT_EQ(node.log.size(), 6u);
  EXPECT_EQ(node.live(), 1u);
}

TEST(Signal, WaitForSaysWhetherItCame) {
  Simulation simulation(ns(1));
  Node node(simulation);
  const auto wait_twice = [](Node& self) -> Process {
    const bool early = co_await self.signal.wait_for(ns(5));
    self.note(early ? "yes" : "no");
    const bool late = co_await self.signal.wait_for(ns(50));
    self.note(late ? "yes" : "no");
  };
  node.spawn(wait_twice(node));
  node.spawn(ringer(node, ns(10)));
  simulation.run(at(19));
  EXPECT_THAT(node.log, ElementsAre("no@5", "rang@10", "yes@10"));
  EXPECT_EQ(node.signal.waiting(), 0u);
  EXPECT_EQ(simulation.pending(), 1u) << "only the ringer's sleep";
}

TEST(Signal, KilledWaiterIsNotWoken) {
  Simulation simulation(ns(1));
  Node node(simulation);
  const ProcessId a = node.spawn(waiter(node, "a"));
  node.spawn(waiter(node, "b"));
  simulation.run(at(5));
  node.kill(a);
  EXPECT_EQ(node.signal.waiting(), 1u);
  node.signal.notify_all();
  simulation.run(at(6));
  EXPECT_THAT(node.log, ElementsAre("b@5"));
}

}  // namespace
}  // namespace orrery::sim::engine
