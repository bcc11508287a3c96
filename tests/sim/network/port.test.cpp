#include "sim/network/port.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "sim/random.hpp"

namespace orrery::sim::network {
namespace {

Time ms(double t) { return Time::from_seconds(t * 1e-3); }

TEST(Port, TransferTimeIsBytesOverRate) {
  EXPECT_EQ(transfer_time(Bytes(1000), BytesPerSecond(1e6)), Duration::from_ms(1));
  EXPECT_EQ(transfer_time(Bytes(0), BytesPerSecond(1e6)), Duration());
  EXPECT_EQ(transfer_time(Bytes(1), BytesPerSecond(3e9)), Duration::from_ns(0));  // a third of a nanosecond
  EXPECT_EQ(transfer_time(Bytes(2), BytesPerSecond(3e9)), Duration::from_ns(1));
}

TEST(Port, BackToBackMessagesQueueFirstInFirstOut) {
  Port port(BytesPerSecond(1e6), BytesPerSecond(4e6));
  for (int i = 1; i <= 10; ++i) EXPECT_EQ(port.send(ms(0), Bytes(1000)), ms(i));
  for (int i = 1; i <= 10; ++i) EXPECT_EQ(port.receive(ms(0), Bytes(1000)), ms(0.25 * i));
  EXPECT_EQ(port.up_free(), ms(10));
  EXPECT_EQ(port.down_free(), ms(2.5));
}

TEST(Port, AnIdleGapIsNotMadeUpFor) {
  Port port(BytesPerSecond(1e6), BytesPerSecond(1e6));
  EXPECT_EQ(port.send(ms(0), Bytes(1000)), ms(1));
  EXPECT_EQ(port.send(ms(5), Bytes(1000)), ms(6));
  EXPECT_EQ(port.send(ms(5.5), Bytes(1000)), ms(7));
}

TEST(Port, AMessageHasHalfOfTheLinkBesideABulkTransfer) {
  Port port(BytesPerSecond(1e6), BytesPerSecond(1e6));
  EXPECT_EQ(port.begin_bulk_up(ms(0), Bytes(100000)), Bytes(100000));
  EXPECT_EQ(port.send(ms(10), Bytes(1000)), ms(12));
  EXPECT_EQ(port.send(ms(10), Bytes(1000)), ms(14));  // behind the first
  EXPECT_EQ(port.receive(ms(10), Bytes(1000)), ms(11)) << "the other direction has nothing to share";
  EXPECT_EQ(port.begin_bulk_up(ms(20), Bytes(1000)), Bytes(3000)) << "with what the messages took of the first";
  port.end_bulk_up();
  EXPECT_EQ(port.send(ms(100), Bytes(1000)), ms(102)) << "one is still under way";
  port.end_bulk_up();
  EXPECT_EQ(port.send(ms(200), Bytes(1000)), ms(201));  // alone again
  EXPECT_EQ(port.sent(), Bytes(105000));
}

TEST(Port, ABulkTransferHasHalfOfTheLinkWhileMessagesWait) {
  Port port(BytesPerSecond(1e6), BytesPerSecond(1e6));
  port.send(ms(0), Bytes(10000));
  EXPECT_EQ(port.begin_bulk_up(ms(8), Bytes(5000)), Bytes(6000));  // 2 ms at half the rate
  port.receive(ms(0), Bytes(10000));
  EXPECT_EQ(port.begin_bulk_down(ms(0), Bytes(2000)), Bytes(4000));  // all of it
}

TEST(Port, WhatComesInBulkSlowsMessagesWhileItIsSaidTo) {
  Port port(BytesPerSecond(1e6), BytesPerSecond(1e6));
  port.set_bulk_down(true);
  EXPECT_EQ(port.receive(ms(0), Bytes(1000)), ms(2));
  port.set_bulk_down(false);
  EXPECT_EQ(port.receive(ms(10), Bytes(1000)), ms(11));
  port.end_bulk_down(Bytes(500));
  EXPECT_EQ(port.received(), Bytes(2500));
}

TEST(Port, DirectionsDoNotDisturbEachOther) {
  Port port(BytesPerSecond(1e6), BytesPerSecond(1e6));
  EXPECT_EQ(port.send(ms(0), Bytes(1e6)), ms(1000));
  EXPECT_EQ(port.receive(ms(0), Bytes(1000)), ms(1));
}

// A pipelined message takes as long as its slower link; store and forward as long as both.
TEST(Port, PipelinedMessageTakesTheSlowerLink) {
  const Bytes size(1000);
  for (const double down : {0.5e6, 1e6, 8e6}) {
    Port from(BytesPerSecond(1e6), BytesPerSecond(1e6));
    Port to(BytesPerSecond(1e6), BytesPerSecond(down));
    const Time last = from.send(ms(0), size);
    const Time first = last - from.up_time(size);
    const Duration latency = Duration::from_ms(20);
    const double slower = std::max(1.0, 1e6 / down);
    EXPECT_EQ(to.receive(first + latency, last + latency, size), ms(20 + slower));
    Port other(BytesPerSecond(1e6), BytesPerSecond(down));
    EXPECT_EQ(other.receive(last + latency, size), ms(21 + 1e6 / down));
  }
}

TEST(Port, AFastMessageWaitsBehindASlowOne) {
  Port port(BytesPerSecond(1e6), BytesPerSecond(1e6));
  EXPECT_EQ(port.receive(ms(0), ms(10), Bytes(1000)), ms(10));
  EXPECT_EQ(port.receive(ms(2), ms(3), Bytes(1000)), ms(11));
}

TEST(Port, ConservesBytesAndNeverExceedsItsRate) {
  Port port(BytesPerSecond(2e6), BytesPerSecond(3e6));
  Draw draw(7, Stream::test, 0);
  Time now;
  double sum = 0;
  for (int i = 0; i < 1000; ++i) {
    now = now + Duration::from_seconds(draw.exponential(1e-3));
    const Bytes size(static_cast<double>(draw.below(4000)));
    sum += size.value();
    const Time out = port.send(now, size);
    const Time in = port.receive(now, size);
    EXPECT_GE(out, now + port.up_time(size));
    EXPECT_GE(in, now + port.down_time(size));
  }
  EXPECT_EQ(port.sent().value(), sum);
  EXPECT_EQ(port.received().value(), sum);
  // Half a nanosecond of rounding a message.
  EXPECT_GE(port.up_free().seconds(), sum / 2e6 - 500e-9);
  EXPECT_GE(port.down_free().seconds(), sum / 3e6 - 500e-9);
}

}  // namespace
}  // namespace orrery::sim::network
