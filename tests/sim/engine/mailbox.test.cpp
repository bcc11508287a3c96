#include "sim/engine/mailbox.hpp"

#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace orrery::sim::engine {
namespace {

using ::testing::ElementsAre;

Duration ns(std::int64_t n) { return Duration::from_ns(n); }
Time at(std::int64_t n) { return Time::from_ns(n); }

struct Parcel {
  static constexpr std::uint16_t kind = 16;
  int value = 0;
};

struct Node : Host {
  using Host::Host;
  ~Node() override { kill_all(); }
  void on_event(const Event& event) override {
    if (!wake(event)) box.push(std::make_unique<int>(event.as<Parcel>().value));
  }
  void parcel(std::int64_t time, int value) {
    simulation().timer(id(), Time::from_ns(time) - simulation().now(), Parcel{value});
  }
  void note(const std::string& line) { log.push_back(line + "@" + std::to_string(now().ns())); }
  Mailbox<std::unique_ptr<int>> box{*this};
  std::vector<std::string> log;
};

Process receiver(Node& node, std::string name, int count) {
  for (int i = 0; i < count; ++i) {
    std::unique_ptr<int> got = co_await node.box.receive();
    node.note(name + std::to_string(*got));
  }
}

Process patient(Node& node, std::string name, Duration patience) {
  std::optional<std::unique_ptr<int>> got = co_await node.box.receive_for(patience);
  node.note(got ? name + std::to_string(**got) : name + "-");
}

class MailboxTest : public ::testing::Test {
 protected:
  Simulation simulation{ns(1)};
  Node node{simulation};
};

TEST_F(MailboxTest, MessagesWaitForReceivers) {
  node.parcel(5, 1);
  node.parcel(6, 2);
  simulation.run(at(10));
  EXPECT_EQ(node.box.size(), 2u);
  node.spawn(receiver(node, "a", 2));
  simulation.run(at(20));
  EXPECT_THAT(node.log, ElementsAre("a1@10", "a2@10"));
}

TEST_F(MailboxTest, ReceiversAreServedInTheOrderTheyCame) {
  node.spawn(receiver(node, "a", 2));
  node.spawn(receiver(node, "b", 1));
  for (int i = 1; i <= 3; ++i) node.parcel(10 * i, i);
  simulation.run(at(1));
  EXPECT_EQ(node.box.waiting(), 2u);
  simulation.run(at(100));
  EXPECT_THAT(node.log, ElementsAre("a1@10", "b2@20", "a3@30"));
}

TEST_F(MailboxTest, NobodyOvertakesAServedReceiver) {
  // One event pushes twice: a is served first although a greedy c is already ready to run by then.
  node.spawn(receiver(node, "a", 1));
  simulation.run(at(5));
  node.box.push(std::make_unique<int>(1));
  node.spawn(receiver(node, "c", 1));
  node.box.push(std::make_unique<int>(2));
  simulation.run(at(10));
  EXPECT_THAT(node.log, ElementsAre("a1@5", "c2@5"));
}

TEST_F(MailboxTest, TimeOutAndDelivery) {
  node.spawn(patient(node, "a", ns(10)));
  node.spawn(patient(node, "b", ns(30)));
  node.parcel(20, 7);
  simulation.run(at(100));
  EXPECT_THAT(node.log, ElementsAre("a-@10", "b7@20"));
  EXPECT_EQ(simulation.pending(), 0u) << "a delivery cancels the time-out";
  EXPECT_EQ(node.box.waiting(), 0u);
}

TEST_F(MailboxTest, TimeOutAtTheInstantOfTheMessageFollowsTheEventOrder) {
  node.parcel(10, 1);  // set before the time-out: smaller sequence, so it wins
  node.spawn(patient(node, "a", ns(10)));
  simulation.run(at(5));
  node.spawn(patient(node, "b", ns(5)));  // times out at 10 too, before the parcel below arrives
  simulation.run(at(6));
  node.parcel(10, 2);
  simulation.run(at(20));
  EXPECT_THAT(node.log, ElementsAre("a1@10", "b-@10"));
  EXPECT_EQ(node.box.size(), 1u);
}

TEST_F(MailboxTest, MessageOfAKilledReceiverGoesToTheNext) {
  const ProcessId a = node.spawn(receiver(node, "a", 1));
  node.spawn(receiver(node, "b", 1));
  simulation.run(at(5));
  node.box.push(std::make_unique<int>(1));
  EXPECT_TRUE(node.kill(a));
  simulation.run(at(10));
  EXPECT_THAT(node.log, ElementsAre("b1@5"));

  const ProcessId c = node.spawn(receiver(node, "c", 1));
  simulation.run(at(15));
  node.box.push(std::make_unique<int>(2));
  EXPECT_TRUE(node.kill(c));
  EXPECT_EQ(node.box.size(), 1u) << "back in the box";
}

TEST_F(MailboxTest, KilledReceiversLeaveTheQueue) {
  for (int i = 0; i < 50; ++i) node.spawn(patient(node, "x", ns(1000 + i)));
  simulation.run(at(10));
  EXPECT_EQ(node.box.waiting(), 50u);
  node.kill_all();
  EXPECT_EQ(node.box.waiting(), 0u);
  EXPECT_EQ(simulation.pending(), 0u);
  node.box.push(std::make_unique<int>(1));
  EXPECT_EQ(node.box.size(), 1u);
}

TEST_F(MailboxTest, OnlyItsHostPushes) {
  struct Intruder {
    Node* victim;
    void on_event(const Event&) const { victim->box.push(nullptr); }
  } intruder{&node};
  simulation.timer(simulation.add(intruder), ns(5), Parcel{});
  EXPECT_THROW(simulation.run(at(10)), ContractError);
}

TEST(Mailbox, MayDieBeforeTheFramesThatWaitOnIt) {
  // No kill_all() in the destructor: the box goes before the host kills its processes, one waiting and one just served.
  struct Careless : Host {
    using Host::Host;
    Mailbox<std::string> box{*this};
  };
  const auto take = [](Careless& self) -> Process { std::string got = co_await self.box.receive(); };
  Simulation simulation(ns(1));
  auto node = std::make_unique<Careless>(simulation);
  node->spawn(take(*node));
  node->spawn(take(*node));
  simulation.run(at(5));
  node->box.push("a message long enough to live on the heap");
  node.reset();
  EXPECT_EQ(FramePool::of_thread().live(), 0u);
}

}  // namespace
}  // namespace orrery::sim::engine
