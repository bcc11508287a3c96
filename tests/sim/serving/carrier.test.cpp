#include "sim/serving/carrier.hpp"

#include <array>
#include <optional>

#include <gtest/gtest.h>

namespace orrery::sim::serving {
namespace {

constexpr double rate = 1e6;  // [byte/s] of every link
constexpr double lookahead_ms = 5;

// What the carrier told one endpoint, and when [ms].
struct Ear {
  engine::Simulation* simulation;
  std::vector<std::pair<std::uint32_t, double>> hauled, severed;
  std::vector<std::pair<std::uint32_t, double>> coming;
  double ms() const { return simulation->now().seconds() * 1e3; }
  void on_event(const engine::Event& event) {
    if (event.kind == Hauled::kind) hauled.emplace_back(event.as<Hauled>().number, ms());
    if (event.kind == Severed::kind) severed.emplace_back(event.as<Severed>().number, ms());
    if (event.kind == Coming::kind) coming.emplace_back(event.as<Coming>().some, ms());
  }
};

network::NetworkParams uniform(double link_mbit) {
  network::NetworkParams params;
  params.kind = "uniform";
  params.rtt_ms = 2 * lookahead_ms;
  params.jitter = 0;
  params.link_mbit = link_mbit;
  return params;
}

class CarrierTest : public testing::Test {
 protected:
  explicit CarrierTest(double link_mbit = 0)
      : topology_(uniform(link_mbit),
                  std::vector<network::Endpoint>(4, {RegionId(0), BytesPerSecond(rate), BytesPerSecond(rate)}), 1),
        simulation_(topology_.lookahead()) {
    for (Ear& ear : ears_) {
      ear.simulation = &simulation_;
      simulation_.add(ear);
    }
    carrier_.emplace(simulation_, topology_);
  }
  static engine::EntityId id(std::uint32_t i) { return engine::EntityId(i); }
  // Asked for at once, it begins a lookahead later.
  void haul(std::uint32_t from, std::uint32_t to, std::uint32_t number, double ms) {
    simulation_.send(id(from), carrier_->id(), simulation_.lookahead(), Haul{number, to, ms * 1e-3 * rate});
  }
  void run(double ms) { simulation_.run(Time::from_seconds(ms * 1e-3)); }
  // When transfer `number` of an endpoint was through, without the lookaheads of asking and hearing [ms].
  double through(std::uint32_t from, std::uint32_t number) const {
    for (const auto& [n, ms] : ears_[from].hauled) {
      if (n == number) return ms - 2 * lookahead_ms;
    }
    return -1;
  }

  network::Topology topology_;
  engine::Simulation simulation_;
  std::array<Ear, 4> ears_{};
  std::optional<Carrier> carrier_;
};

TEST_F(CarrierTest, ATransferAloneHasItsLinks) {
  ASSERT_EQ(simulation_.lookahead(), Duration::from_ms(lookahead_ms));
  haul(0, 1, 7, 100);
  run(1000);
  EXPECT_NEAR(through(0, 7), 100, 1e-6);
}

TEST_F(CarrierTest, TransfersThatShareALinkShareItFairly) {
  haul(0, 2, 1, 100);
  haul(1, 2, 2, 100);
  haul(3, 0, 3, 100);  // neither of their links
  run(1000);
  // Until the window of a millisecond is over in which both began, the first has it all.
  EXPECT_NEAR(through(0, 1), 200, 2);
  EXPECT_NEAR(through(1, 2), 200, 2);
  EXPECT_NEAR(through(3, 3), 100, 1e-6);
}

TEST_F(CarrierTest, TransfersOfOneConnectionGoOneAfterAnother) {
  haul(0, 1, 1, 100);
  haul(0, 1, 2, 50);
  run(1000);
  EXPECT_NEAR(through(0, 1), 100, 1e-6);
  EXPECT_NEAR(through(0, 2), 150, 2);
}

TEST_F(CarrierTest, WhatComesFromOutsideUsesTheDownLinkAlone) {
  haul(0, 0, 1, 100);
  haul(0, 1, 2, 100);
  run(1000);
  EXPECT_NEAR(through(0, 1), 100, 1e-6);
  EXPECT_NEAR(through(0, 2), 100, 1e-6);
}

TEST_F(CarrierTest, AReceiverHearsWhetherAnythingComes) {
  haul(0, 2, 1, 100);
  haul(1, 2, 2, 10);
  run(1000);
  ASSERT_EQ(ears_[2].coming.size(), 2u) << "not at every transfer";
  EXPECT_EQ(ears_[2].coming[0].first, 1u);
  EXPECT_NEAR(ears_[2].coming[0].second, 2 * lookahead_ms, 1e-6);
  EXPECT_EQ(ears_[2].coming[1].first, 0u);
  EXPECT_NEAR(ears_[2].coming[1].second, 110 + 2 * lookahead_ms, 2);
  EXPECT_TRUE(ears_[0].coming.empty());
}

TEST_F(CarrierTest, WhoGoesOffLineTakesItsTransfersAlong) {
  haul(0, 2, 1, 100);  // to the one that goes
  haul(0, 2, 2, 100);
  haul(2, 1, 3, 100);  // from it
  haul(3, 1, 4, 100);  // shares a link with that
  run(50);
  simulation_.send(id(2), carrier_->id(), simulation_.lookahead(), Gone{});
  run(51);
  haul(0, 2, 5, 10);  // it is back
  run(1000);
  ASSERT_EQ(ears_[0].severed.size(), 2u);
  EXPECT_EQ(ears_[0].severed[0].first, 1u);
  EXPECT_NEAR(ears_[0].severed[0].second, 50 + 2 * lookahead_ms, 1e-6);
  EXPECT_EQ(ears_[0].severed[1].first, 2u);
  EXPECT_EQ(through(0, 1), -1);
  EXPECT_TRUE(ears_[2].hauled.empty() && ears_[2].severed.empty()) << "it knows";
  // 50 ms of sharing, then alone.
  EXPECT_NEAR(through(3, 4), 125, 3);
  EXPECT_NEAR(through(0, 5), 61, 1e-6);
  EXPECT_EQ(ears_[2].coming.size() % 2, 0u);
  EXPECT_EQ(ears_[2].coming.back().first, 0u);
}

class SlowConnections : public CarrierTest {
 protected:
  SlowConnections() : CarrierTest(4) {}  // half of a link
};

TEST_F(SlowConnections, ATransferTakesAsLongAsItsConnection) {
  haul(0, 1, 1, 100);
  haul(0, 1, 2, 100);
  haul(2, 2, 3, 100);  // from outside
  run(1000);
  EXPECT_NEAR(through(0, 1), 200, 1e-6);
  EXPECT_NEAR(through(0, 2), 400, 1e-6);
  EXPECT_NEAR(through(2, 3), 100, 1e-6);
}

TEST_F(SlowConnections, ItIsSeveredWhileItWaitsForItsConnection) {
  haul(0, 1, 1, 100);
  run(150);
  simulation_.send(id(1), carrier_->id(), simulation_.lookahead(), Gone{});
  run(1000);
  EXPECT_TRUE(ears_[0].hauled.empty());
  EXPECT_EQ(ears_[0].severed.size(), 1u);
}

}  // namespace
}  // namespace orrery::sim::serving
