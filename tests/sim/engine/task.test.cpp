#include "sim/engine/task.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/engine/host.hpp"

namespace orrery::sim::engine {
namespace {

using ::testing::ElementsAre;

Duration ns(std::int64_t n) { return Duration::from_ns(n); }
Time at(std::int64_t n) { return Time::from_ns(n); }

struct Node : Host {
  using Host::Host;
  ~Node() override { kill_all(); }
  std::vector<std::string> log;
};
struct Witness {
  Node& node;
  std::string name;
  ~Witness() { node.log.push_back(name); }
};

Task<int> twice(Node& node, int x) {
  co_await node.sleep(ns(5));
  co_return 2 * x;
}

Task<std::unique_ptr<int>> boxed(Node& node, int x) {
  const int y = co_await twice(node, x);
  co_return std::make_unique<int>(y + 1);
}

Task<> failing(Node& node) {
  Witness witness{node, "unwound"};
  co_await node.sleep(ns(5));
  throw std::runtime_error("lost");
}

Task<int> immediate(int x) { co_return x; }

class TaskTest : public ::testing::Test {
 protected:
  Simulation simulation{ns(1)};
  Node node{simulation};
};

TEST_F(TaskTest, ReturnsThroughTwoLevelsInVirtualTime) {
  int result = 0;
  const auto root = [](Node& self, int& out) -> Process {
    std::unique_ptr<int> value = co_await boxed(self, 20);
    out = *value;
    self.log.push_back(std::to_string(self.now().ns()));
  };
  node.spawn(root(node, result));
  simulation.run(at(100));
  EXPECT_EQ(result, 41);
  EXPECT_THAT(node.log, ElementsAre("5"));
}

TEST_F(TaskTest, ThrowsIntoItsAwaiter) {
  const auto root = [](Node& self) -> Process {
    try {
      co_await failing(self);
    } catch (const std::runtime_error& error) {
      self.log.emplace_back(error.what());
    }
    co_await failing(self);
  };
  node.spawn(root(node));
  EXPECT_THROW(simulation.run(at(100)), std::runtime_error);
  EXPECT_THAT(node.log, ElementsAre("unwound", "lost", "unwound"));
}

TEST_F(TaskTest, KillingTheProcessDestroysTheChain) {
  const auto outer = [](Node& self) -> Task<> {
    Witness witness{self, "outer"};
    co_await failing(self);
  };
  const auto root = [](Node& self, auto task) -> Process {
    Witness witness{self, "root"};
    co_await task(self);
  };
  node.spawn(root(node, outer));
  simulation.run(at(2));
  node.kill_all();
  EXPECT_THAT(node.log, ElementsAre("unwound", "outer", "root"));
  EXPECT_EQ(simulation.pending(), 0u);
}

TEST_F(TaskTest, ManyThatNeverSuspend) {
  std::int64_t sum = 0;
  const auto root = [](Node& self, std::int64_t& out) -> Process {
    for (int i = 0; i < 20000; ++i) out += co_await immediate(i);
    co_await self.sleep(ns(1));
  };
  node.spawn(root(node, sum));
  simulation.run(at(10));
  EXPECT_EQ(sum, 20000LL * 19999 / 2);
}

TEST_F(TaskTest, NotAwaitedIsFreed) {
  const std::size_t before = FramePool::of_thread().live();
  { const Task<int> task = twice(node, 1); }
  EXPECT_EQ(FramePool::of_thread().live(), before);
}

}  // namespace
}  // namespace orrery::sim::engine
