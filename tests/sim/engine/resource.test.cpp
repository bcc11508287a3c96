#include "sim/engine/resource.hpp"

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
  Resource slots{*this, 4};
  std::vector<std::string> log;
};

Process job(Node& node, std::string name, std::int64_t units, Duration length) {
  co_await node.slots.acquire(units);
  Resource::Hold hold(node.slots, units);
  node.note(name);
  co_await node.sleep(length);
}

class ResourceTest : public ::testing::Test {
 protected:
  Simulation simulation{ns(1)};
  Node node{simulation};
};

TEST_F(ResourceTest, FirstComeFirstServedWithoutOvertaking) {
  node.spawn(job(node, "a", 3, ns(10)));
  node.spawn(job(node, "b", 2, ns(10)));  // does not fit beside a
  node.spawn(job(node, "c", 1, ns(10)));  // would fit, but came after b
  node.spawn(job(node, "d", 4, ns(10)));
  simulation.run(at(5));
  EXPECT_EQ(node.slots.available(), 1);
  EXPECT_EQ(node.slots.queue_length(), 3u);
  simulation.run(at(100));
  EXPECT_THAT(node.log, ElementsAre("a@0", "b@10", "c@10", "d@20"));
  EXPECT_EQ(node.slots.available(), 4);
}

TEST_F(ResourceTest, KillFreesWhatWasHeldAndMovesTheQueue) {
  const ProcessId a = node.spawn(job(node, "a", 3, ns(1000)));
  const ProcessId b = node.spawn(job(node, "b", 4, ns(1000)));
  node.spawn(job(node, "c", 1, ns(1000)));
  simulation.run(at(5));
  node.kill(b);  // the head of the queue goes: c fits
  simulation.run(at(6));
  EXPECT_THAT(node.log, ElementsAre("a@0", "c@5"));
  node.kill(a);
  EXPECT_EQ(node.slots.available(), 3);
  node.kill_all();
  EXPECT_EQ(node.slots.available(), 4);
  EXPECT_EQ(node.slots.queue_length(), 0u);
}

TEST_F(ResourceTest, GrantToAProcessKilledBeforeItRuns) {
  const ProcessId a = node.spawn(job(node, "a", 4, ns(1000)));
  const ProcessId b = node.spawn(job(node, "b", 4, ns(1000)));
  node.spawn(job(node, "c", 2, ns(1000)));
  simulation.run(at(5));
  node.kill(a);  // b is granted, but has not run
  EXPECT_EQ(node.slots.available(), 0);
  node.kill(b);
  EXPECT_EQ(node.slots.available(), 2);
  simulation.run(at(6));
  EXPECT_THAT(node.log, ElementsAre("a@0", "c@5"));
}

TEST_F(ResourceTest, RefusesWhatCannotBe) {
  EXPECT_THROW(node.slots.acquire(5), ContractError);
  EXPECT_THROW(node.slots.acquire(-1), ContractError);
  EXPECT_THROW(node.slots.release(1), ContractError) << "nothing is out";
  EXPECT_THROW(Resource(node, -1), ContractError);
}

TEST_F(ResourceTest, ZeroUnitsStillQueue) {
  node.spawn(job(node, "a", 3, ns(10)));
  node.spawn(job(node, "b", 2, ns(10)));
  node.spawn(job(node, "c", 0, ns(10)));
  simulation.run(at(100));
  EXPECT_THAT(node.log, ElementsAre("a@0", "b@10", "c@10"));
}

}  // namespace
}  // namespace orrery::sim::engine
