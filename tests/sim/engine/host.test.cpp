#include "sim/engine/host.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/engine/task.hpp"

namespace orrery::sim::engine {
namespace {

using ::testing::ElementsAre;

Duration ns(std::int64_t n) { return Duration::from_ns(n); }
Time at(std::int64_t n) { return Time::from_ns(n); }

struct Poke {
  static constexpr std::uint16_t kind = 16;
  int value = 0;
};

struct Node : Host {
  using Host::Host;
  ~Node() override { kill_all(); }
  void on_event(const Event& event) override {
    if (wake(event)) return;
    log.emplace_back("poke");
    if (event.as<Poke>().value == 1) kill_all();
  }
  std::vector<std::string> log;
};

// Leaves a line when its frame goes.
struct Witness {
  Node& node;
  std::string name;
  ~Witness() { node.log.push_back(name + " gone"); }
};

Process ticker(Node& node, std::string name, std::int64_t period, int ticks) {
  for (int i = 0; i < ticks; ++i) {
    co_await node.sleep(ns(period));
    node.log.push_back(name + "@" + std::to_string(node.now().ns()));
  }
}

Process holder(Node& node, std::string name) {
  Witness witness{node, name};
  co_await node.sleep(ns(1000));
  node.log.push_back(name + " woke");
}

class HostTest : public ::testing::Test {
 protected:
  Simulation simulation{ns(1)};
  Node node{simulation};
};

TEST_F(HostTest, ProcessesSleepAndEnd) {
  node.spawn(ticker(node, "a", 10, 3));
  node.spawn(ticker(node, "b", 15, 2));
  EXPECT_TRUE(node.log.empty()) << "a process starts in the run, not in spawn()";
  EXPECT_EQ(node.live(), 2u);
  simulation.run(at(100));
  // At 30 b's timer was set first (at 15, a's at 20), so its sequence is the smaller.
  EXPECT_THAT(node.log, ElementsAre("a@10", "b@15", "a@20", "b@30", "a@30"));
  EXPECT_EQ(node.live(), 0u);
  EXPECT_EQ(simulation.pending(), 0u);
}

TEST_F(HostTest, SpawnedProcessRunsAfterItsParentSuspends) {
  const auto parent = [](Node& self) -> Process {
    self.spawn(ticker(self, "child", 0, 1));
    self.log.emplace_back("parent first");
    co_await self.sleep(ns(0));
    self.log.emplace_back("parent again");
  };
  node.spawn(parent(node));
  simulation.run(at(1));
  EXPECT_THAT(node.log, ElementsAre("parent first", "parent again", "child@0"));
}

TEST_F(HostTest, KillAllFromAnEventFreesEverything) {
  node.spawn(holder(node, "a"));
  node.spawn(holder(node, "b"));
  simulation.timer(node.id(), ns(500), Poke{1});
  simulation.run(at(501));
  EXPECT_THAT(node.log, ElementsAre("poke", "a gone", "b gone"));
  EXPECT_EQ(node.live(), 0u);
  EXPECT_EQ(simulation.pending(), 0u) << "their timers are cancelled";
}

TEST_F(HostTest, KillOneOfThem) {
  const ProcessId a = node.spawn(holder(node, "a"));
  const ProcessId b = node.spawn(holder(node, "b"));
  simulation.run(at(10));
  EXPECT_TRUE(node.kill(a));
  EXPECT_FALSE(node.kill(a));
  EXPECT_FALSE(node.kill(ProcessId()));
  simulation.run(at(2000));
  EXPECT_THAT(node.log, ElementsAre("a gone", "b woke", "b gone"));
  EXPECT_FALSE(node.kill(b));
}

TEST_F(HostTest, KillBeforeTheFirstResume) {
  node.spawn(holder(node, "a"));
  node.kill_all();
  simulation.run(at(10));
  EXPECT_TRUE(node.log.empty()) << "its body never began";
  EXPECT_EQ(node.live(), 0u);
}

TEST_F(HostTest, ProcessThatKillsAllDiesAtItsNextSuspension) {
  const auto killer = [](Node& self) -> Process {
    Witness witness{self, "killer"};
    co_await self.sleep(ns(10));
    self.kill_all();
    self.log.emplace_back("still running");
    self.spawn(ticker(self, "heir", 5, 1));
    co_await self.sleep(ns(10));
    self.log.emplace_back("never");
  };
  node.spawn(holder(node, "a"));
  node.spawn(killer(node));
  simulation.run(at(100));
  EXPECT_THAT(node.log, ElementsAre("a gone", "still running", "killer gone", "heir@15"));
  EXPECT_EQ(node.live(), 0u);
  EXPECT_EQ(simulation.pending(), 0u);
}

TEST_F(HostTest, ProcessThatKillsItselfAndEnds) {
  const auto suicide = [](Node& self, ProcessId& id) -> Process {
    Witness witness{self, "it"};
    EXPECT_TRUE(self.kill(id));
    co_return;
  };
  ProcessId id;
  id = node.spawn(suicide(node, id));
  simulation.run(at(1));
  EXPECT_THAT(node.log, ElementsAre("it gone"));
  EXPECT_EQ(node.live(), 0u);
}

TEST_F(HostTest, ExceptionComesOutOfRunAndEndsOnlyItsProcess) {
  const auto faulty = [](Node& self) -> Process {
    Witness witness{self, "faulty"};
    co_await self.sleep(ns(10));
    throw std::runtime_error("disk on fire");
  };
  node.spawn(faulty(node));
  node.spawn(ticker(node, "b", 20, 1));
  EXPECT_THROW(simulation.run(at(100)), std::runtime_error);
  EXPECT_EQ(simulation.now(), at(10));
  EXPECT_EQ(node.live(), 1u);
  simulation.run(at(100));
  EXPECT_THAT(node.log, ElementsAre("faulty gone", "b@20"));
}

TEST_F(HostTest, AnotherEntityMayNotTouchIt) {
  struct Intruder {
    Node* victim;
    void on_event(const Event&) const { victim->spawn(ticker(*victim, "x", 1, 1)); }
  } intruder{&node};
  simulation.timer(simulation.add(intruder), ns(5), Poke{});
  EXPECT_THROW(simulation.run(at(10)), ContractError);
  EXPECT_EQ(node.live(), 0u);
}

TEST_F(HostTest, AwaitingAnotherHostIsAContractError) {
  Node other(simulation);
  const auto stray = [](Node&, Node& foreign) -> Process { co_await foreign.sleep(ns(1)); };
  node.spawn(stray(node, other));
  EXPECT_THROW(simulation.run(at(10)), ContractError);
}

TEST_F(HostTest, UnhandledMessageIsAContractError) {
  Host plain(simulation);
  simulation.timer(plain.id(), ns(1), Poke{});
  EXPECT_THROW(simulation.run(at(10)), ContractError);
}

TEST(Host, DestroyedWithProcessesAtEveryStage) {
  const std::size_t before = FramePool::of_thread().live();
  {
    Simulation simulation(ns(1));
    auto node = std::make_unique<Node>(simulation);
    for (int i = 0; i < 100; ++i) node->spawn(ticker(*node, "x", 10 + i, 3));
    simulation.run(at(50));
    node->spawn(holder(*node, "unstarted"));
    EXPECT_GT(FramePool::of_thread().live(), before);
  }
  EXPECT_EQ(FramePool::of_thread().live(), before);
}

}  // namespace
}  // namespace orrery::sim::engine
