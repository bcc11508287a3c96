#include "sim/engine/calls.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace orrery::sim::engine {
namespace {

using ::testing::ElementsAre;

Duration ns(std::int64_t n) { return Duration::from_ns(n); }
Time at(std::int64_t n) { return Time::from_ns(n); }

struct Ask {
  static constexpr std::uint16_t kind = 16;
  std::uint32_t ticket = 0;
  int question = 0;
};
struct Answer {
  static constexpr std::uint16_t kind = 17;
  std::uint32_t ticket = 0;
  int value = 0;
};

// Answers n * n after n * 10 ns; a negative question gets |n| answers.
struct Server {
  Simulation* simulation;
  void on_event(const Event& event) const {
    const Ask ask = event.as<Ask>();
    const EntityId self = event.to;
    for (int i = 0; i < -ask.question; ++i) {
      simulation->send(self, event.from, ns(10 + i), Answer{ask.ticket, i});
    }
    if (ask.question < 0) return;
    simulation->send(self, event.from, ns(10 * ask.question), Answer{ask.ticket, ask.question * ask.question});
  }
};

struct Client : Host {
  using Host::Host;
  ~Client() override { kill_all(); }
  void on_event(const Event& event) override {
    if (wake(event)) return;
    const Answer answer = event.as<Answer>();
    if (!calls.deliver(answer.ticket, answer)) ++late;
  }
  Calls<Answer> calls{*this};
  EntityId server;
  int late = 0;
  std::vector<std::string> log;
};

Process ask(Client& client, int question, Duration patience) {
  auto call = client.calls.open();
  client.simulation().send(client.id(), client.server, ns(1), Ask{call.ticket(), question});
  std::optional<Answer> answer = co_await call.reply_for(patience);
  client.log.push_back(std::to_string(question) + (answer ? "=" + std::to_string(answer->value) : " timed out"));
}

class CallsTest : public ::testing::Test {
 protected:
  CallsTest() { client.server = simulation.add(server); }
  Simulation simulation{ns(1)};
  Server server{&simulation};
  Client client{simulation};
};

TEST_F(CallsTest, RepliesFindTheirCallsInAnyOrder) {
  for (int question : {5, 3, 4}) client.spawn(ask(client, question, ns(1000)));
  simulation.run(at(5));
  EXPECT_EQ(client.calls.size(), 3u);
  simulation.run(at(2000));
  EXPECT_THAT(client.log, ElementsAre("3=9", "4=16", "5=25"));
  EXPECT_EQ(client.calls.size(), 0u);
  EXPECT_EQ(client.late, 0);
}

TEST_F(CallsTest, LateReplyIsReportedAndDropped) {
  client.spawn(ask(client, 5, ns(20)));
  client.spawn(ask(client, 1, ns(20)));
  simulation.run(at(2000));
  EXPECT_THAT(client.log, ElementsAre("1=1", "5 timed out"));
  EXPECT_EQ(client.late, 1);
}

TEST_F(CallsTest, KilledCallerLeavesNoCallOpen) {
  client.spawn(ask(client, 5, ns(1000)));
  simulation.run(at(5));
  client.kill_all();
  EXPECT_EQ(client.calls.size(), 0u);
  simulation.run(at(2000));
  EXPECT_EQ(client.late, 1);
}

TEST_F(CallsTest, StreamOfReplies) {
  const auto stream = [](Client& self) -> Process {
    auto call = self.calls.open();
    self.simulation().send(self.id(), self.server, ns(1), Ask{call.ticket(), -3});
    for (int i = 0; i < 3; ++i) {
      const Answer answer = co_await call.reply();
      self.log.push_back(std::to_string(answer.value) + "@" + std::to_string(self.now().ns()));
    }
  };
  client.spawn(stream(client));
  simulation.run(at(100));
  EXPECT_THAT(client.log, ElementsAre("0@11", "1@12", "2@13"));
}

TEST(Calls, MayDieBeforeTheFramesThatHoldCalls) {
  struct Careless : Host {
    using Host::Host;
    Calls<Answer> calls{*this};
  };
  const auto wait = [](Careless& self) -> Process {
    auto call = self.calls.open();
    co_await call.reply();
  };
  Simulation simulation(ns(1));
  auto host = std::make_unique<Careless>(simulation);
  host->spawn(wait(*host));
  simulation.run(at(5));
  EXPECT_EQ(host->calls.size(), 1u);
  host.reset();
  EXPECT_EQ(FramePool::of_thread().live(), 0u);
}

}  // namespace
}  // namespace orrery::sim::engine
