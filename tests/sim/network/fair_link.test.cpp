#include "sim/network/fair_link.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "sim/random.hpp"

namespace orrery::sim::network {
namespace {

Time ms(double t) { return Time::from_seconds(t * 1e-3); }
using Ids = std::vector<std::uint64_t>;

TEST(FairLink, EqualTransfersEndTogether) {
  FairLink link(BytesPerSecond(1e6));
  for (const std::uint64_t id : {7, 3, 5}) link.start(ms(0), id, Bytes(1000));
  EXPECT_EQ(link.next(), ms(3));
  EXPECT_EQ(link.finish(ms(3)), (Ids{3, 5, 7}));
  EXPECT_EQ(link.next(), Time::never());
}

// 1000 bytes alone for 0.4 ms, then half the rate: 600 left take 1.2 ms. The other has 400 left then, alone again.
TEST(FairLink, AnArrivalHalvesTheRate) {
  FairLink link(BytesPerSecond(1e6));
  link.start(ms(0), 1, Bytes(1000));
  link.start(ms(0.4), 2, Bytes(1000));
  EXPECT_DOUBLE_EQ(link.left(ms(0.4), 1).value(), 600);
  EXPECT_EQ(link.next(), ms(1.6));
  EXPECT_EQ(link.finish(ms(1.6)), Ids{1});
  EXPECT_NEAR(link.left(ms(1.8), 2).value(), 200, 1e-9);
  EXPECT_EQ(link.finish(ms(2)), Ids{2});
}

TEST(FairLink, ACancelledTransferFreesItsShare) {
  FairLink link(BytesPerSecond(1e6));
  link.start(ms(0), 1, Bytes(1000));
  link.start(ms(0), 2, Bytes(5000));
  link.cancel(ms(1), 2);
  EXPECT_EQ(link.active(), 1u);
  EXPECT_EQ(link.next(), ms(1.5));
  EXPECT_EQ(link.finish(ms(1.5)), Ids{1});
}

TEST(FairLink, EmptyTransferEndsAtOnce) {
  FairLink link(BytesPerSecond(1e6));
  link.start(ms(2), 1, Bytes(1000));
  link.start(ms(2.5), 2, Bytes(0));
  EXPECT_EQ(link.next(), ms(2.5));
  EXPECT_EQ(link.finish(ms(2.5)), Ids{2});
  EXPECT_EQ(link.next(), ms(3));
}

struct Arrival {
  double time, bytes;
};

// Processor sharing from its definition: between events, every transfer loses the same number of bytes.
std::vector<double> fluid_ends(const std::vector<Arrival>& arrivals, double capacity) {
  std::vector<double> left;
  std::vector<double> ends(arrivals.size(), 0);
  std::vector<std::size_t> active;
  std::size_t started = 0;
  double now = 0;
  while (started < arrivals.size() || !active.empty()) {
    double least = HUGE_VAL;
    for (const std::size_t i : active) least = std::min(least, left[i]);
    const double rate = capacity / static_cast<double>(active.size());
    const double end = active.empty() ? HUGE_VAL : now + least / rate;
    const double next = started < arrivals.size() ? std::min(end, arrivals[started].time) : end;
    for (const std::size_t i : active) left[i] -= rate * (next - now);
    now = next;
    std::erase_if(active, [&](std::size_t i) { return left[i] < 1e-6 ? ends[i] = now, true : false; });
    if (started < arrivals.size() && arrivals[started].time <= now) {
      left.push_back(arrivals[started].bytes);
      active.push_back(started++);
    }
  }
  return ends;
}

TEST(FairLink, AgreesWithTheFluidDefinition) {
  Draw draw(1, Stream::test, 0);
  std::vector<Arrival> arrivals;
  double t = 0;
  for (int i = 0; i < 500; ++i) {
    t = std::round((t + draw.exponential(1e-3)) * 1e9) * 1e-9;  // whole nanoseconds
    arrivals.push_back({t, draw.lognormal(6, 1.5)});
  }
  const double capacity = 1e6;
  const std::vector<double> expected = fluid_ends(arrivals, capacity);
  FairLink link{BytesPerSecond(capacity)};
  std::vector<double> ends(arrivals.size(), 0);
  std::size_t started = 0;
  while (started < arrivals.size() || link.active() > 0) {
    const Time arrival = started < arrivals.size() ? Time::from_seconds(arrivals[started].time) : Time::never();
    if (link.next() <= arrival) {
      const Time now = link.next();
      for (const std::uint64_t id : link.finish(now)) ends[id] = now.seconds();
    } else {
      link.start(arrival, started, Bytes(arrivals[started].bytes));
      ++started;
    }
  }
  // Rounded up to the nanosecond, and the rounding of one end does not move the next.
  for (std::size_t i = 0; i < ends.size(); ++i) EXPECT_NEAR(ends[i], expected[i] + 0.5e-9, 0.6e-9) << i;
}

TEST(FairLink, MisuseIsOurError) {
  FairLink link(BytesPerSecond(1e6));
  link.start(ms(1), 1, Bytes(1000));
  EXPECT_THROW(link.start(ms(1), 1, Bytes(1)), ContractError);
  EXPECT_THROW(link.start(ms(0.5), 2, Bytes(1)), ContractError);
  EXPECT_THROW(link.start(ms(3), 2, Bytes(1)), ContractError);
  EXPECT_THROW(link.cancel(ms(1), 2), ContractError);
  EXPECT_THROW(link.finish(ms(1.5)), ContractError);
}

}  // namespace
}  // namespace orrery::sim::network
