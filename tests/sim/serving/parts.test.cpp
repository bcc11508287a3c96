// The small parts of serving: memory, batches, kept inputs, sketches, records, parcels.
#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "sim/random.hpp"
#include "sim/serving/batch.hpp"
#include "sim/serving/kv_pool.hpp"
#include "sim/serving/metrics.hpp"
#include "sim/serving/parcels.hpp"
#include "sim/serving/recorder.hpp"
#include "sim/serving/session.hpp"
#include "sim/serving/sketch.hpp"

namespace orrery::sim::serving {
namespace {

TEST(KvPool, IsAHardLimit) {
  KvPool pool(Bytes(100));
  EXPECT_TRUE(pool.admit({1, 0}, Bytes(60)));
  EXPECT_FALSE(pool.admit({2, 0}, Bytes(41)));
  EXPECT_TRUE(pool.admit({2, 0}, Bytes(40)));
  EXPECT_FALSE(pool.grow({1, 0}, Bytes(1)));
  pool.release({2, 0});
  EXPECT_TRUE(pool.grow({1, 0}, Bytes(40)));
  EXPECT_EQ(pool.free().value(), 0);
  pool.release({1, 0});
  EXPECT_EQ(pool.used().value(), 0);
}

TEST(KvPool, NewestIsTheLastAdmittedWhateverItsName) {
  KvPool pool(Bytes(100));
  EXPECT_FALSE(pool.newest().has_value());
  pool.admit({9, 0}, Bytes(1));
  pool.admit({3, 0}, Bytes(1));
  pool.grow({9, 0}, Bytes(1));
  EXPECT_EQ(pool.newest(), (LegName{3, 0}));
  pool.release({3, 0});
  EXPECT_EQ(pool.newest(), (LegName{9, 0}));
}

TEST(KvPool, ReleasingTwiceIsABug) {
  KvPool pool(Bytes(10));
  pool.admit({1, 0}, Bytes(1));
  pool.release({1, 0});
  EXPECT_THROW(pool.release({1, 0}), ContractError);
}

TEST(BatchQueue, DecodesGoBeforePrefillsAndOrderIsKept) {
  BatchQueue queue({.tokens = 10, .sessions = 8});
  queue.push({{1, 0}, 0, 6, 0});
  queue.push({{2, 0}, 5, 1, 0});
  queue.push({{3, 0}, 0, 4, 0});
  queue.push({{4, 0}, 9, 1, 0});
  std::vector<std::uint32_t> order;
  for (const Item& item : queue.next()) order.push_back(item.session.request);
  EXPECT_EQ(order, (std::vector<std::uint32_t>{2, 4, 1}));  // 1 + 1 + 6; another 4 would be 12
  EXPECT_EQ(queue.next().front().session.request, 3u);
  EXPECT_TRUE(queue.empty());
}

TEST(BatchQueue, AnItemLargerThanTheLimitGoesAlone) {
  BatchQueue queue({.tokens = 10, .sessions = 8});
  queue.push({{1, 0}, 0, 50, 0});
  queue.push({{2, 0}, 0, 2, 0});
  EXPECT_EQ(queue.next().size(), 1u);
  EXPECT_EQ(queue.next().front().session.request, 2u);
}

TEST(BatchQueue, SessionLimitAndForget) {
  BatchQueue queue({.tokens = 100, .sessions = 2});
  for (std::uint32_t r = 0; r < 5; ++r) queue.push({{r, 0}, 3, 1, 0});
  queue.forget({1, 0});
  EXPECT_EQ(queue.next().size(), 2u);
  EXPECT_EQ(queue.size(), 2u);
}

// Items of one token at position 3 and of many at 0, all for blocks [begin, 4) of a node that serves [0, 4).
Item at_block(std::uint32_t request, int begin, Tokens count) {
  return {{request, 0}, count == 1 ? 3 : 0, count, 0, {}, 0, {begin, 4}};
}

BatchQueue by_layer() {
  const BatchLimits limits{.layer = true, .prompts = 1, .prompt_tokens = 100, .decodes = 2, .decode_context = 100};
  BatchQueue queue(limits);
  queue.serve({0, 4}, limits);
  return queue;
}

std::vector<std::uint32_t> requests_of(const std::vector<Item>& batch) {
  std::vector<std::uint32_t> list;
  for (const Item& item : batch) list.push_back(item.session.request);
  return list;
}

TEST(LayerQueue, GoesRoundTheBlocksWhereSomebodyWaits) {
  BatchQueue queue = by_layer();
  queue.push(at_block(1, 0, 1));
  queue.push(at_block(2, 3, 1));
  queue.push(at_block(3, 1, 1));
  std::vector<std::uint32_t> order;
  while (!queue.empty()) order.push_back(queue.next().front().session.request);
  EXPECT_EQ(order, (std::vector<std::uint32_t>{3, 2, 1}));  // the last batch, before the first, passed block 0
}

TEST(LayerQueue, LimitsPromptsAndDecodesApartInOrderOfArrival) {
  BatchQueue queue = by_layer();
  for (std::uint32_t r : {1u, 2u, 3u}) queue.push(at_block(r, 2, 1));
  queue.push(at_block(4, 2, 50));
  queue.push(at_block(5, 2, 10));
  // A third decode step does not fit, nor a second prompt; who comes after them and fits goes before them.
  EXPECT_EQ(requests_of(queue.next()), (std::vector<std::uint32_t>{1, 2, 4}));
  EXPECT_EQ(requests_of(queue.next()), (std::vector<std::uint32_t>{3, 5}));
  EXPECT_TRUE(queue.empty());
  queue.push(at_block(7, 2, 10));
  queue.push(at_block(6, 2, 10));
  queue.forget({7, 0});
  EXPECT_EQ(queue.size(), 1u);
  EXPECT_EQ(requests_of(queue.next()), (std::vector<std::uint32_t>{6}));
}

TEST(Inputs, KnownGrowsWithoutGaps) {
  Inputs inputs;
  EXPECT_TRUE(inputs.add(4, {4, 2}));
  EXPECT_EQ(inputs.known(), 0);
  EXPECT_TRUE(inputs.add(0, {4, 1}));
  EXPECT_EQ(inputs.known(), 8);
  EXPECT_FALSE(inputs.add(4, {4, 9}));  // known already: the first answer stays
  EXPECT_EQ(inputs.last().rows, 2u);
  EXPECT_TRUE(inputs.add(8, {1, 3}));
  EXPECT_EQ(inputs.after(4).size(), 2u);
  EXPECT_EQ(inputs.after(9).size(), 0u);
}

TEST(Inputs, RunsCoverWhatIsReplayedAndNoMore) {
  Inputs inputs;
  inputs.add(0, {4, 1});
  for (Tokens p = 4; p < 10; ++p) inputs.add(p, {1, static_cast<execution::Handle>(p)});
  const auto runs = inputs.runs(0, 8, 3);
  Tokens next = 0;
  for (const auto& run : runs) {
    Tokens length = 0;
    for (const auto& [first, piece] : run) {
      EXPECT_EQ(first, next);
      next += piece.count;
      length += piece.count;
    }
    EXPECT_TRUE(length <= 3 || run.size() == 1);
  }
  EXPECT_EQ(next, 8);
  EXPECT_TRUE(inputs.runs(0, 0, 3).empty());
  EXPECT_THROW(inputs.runs(0, 2, 3), ContractError);  // in the middle of a piece
  EXPECT_EQ(inputs.runs(4, 10, 3).size(), 2u);
  EXPECT_EQ(inputs.until(7).known(), 7);
  EXPECT_EQ(inputs.boundary(3), 0);
  EXPECT_EQ(inputs.boundary(4), 4);
  EXPECT_EQ(inputs.boundary(10), 10);
}

TEST(Copies, KeepWhatFollowsAndBeginAnewAtZero) {
  Copies copies;
  const LegName leg{1, 2};
  EXPECT_EQ(copies.add(leg, {{4, 8}, 3, 1, 0}), nullptr) << "a gap";
  EXPECT_EQ(copies.known(leg), 0);
  EXPECT_NE(copies.add(leg, {{4, 8}, 0, 3, 10}), nullptr);
  EXPECT_NE(copies.add(leg, {{4, 8}, 3, 2, 11}), nullptr);
  EXPECT_EQ(copies.add(leg, {{4, 8}, 3, 2, 12}), nullptr) << "known already";
  EXPECT_EQ(copies.known(leg), 5);
  EXPECT_EQ(copies.find(leg)->until(3).size(), 1u);
  EXPECT_EQ(copies.find(leg)->until(4).size(), 2u);
  EXPECT_EQ(copies.find(leg)->overlap({6, 12}), (BlockSpan{6, 8}));
  copies.add(leg, {{4, 8}, 0, 4, 13});
  EXPECT_EQ(copies.known(leg), 4);
  EXPECT_TRUE(copies.erase(leg));
  EXPECT_FALSE(copies.erase(leg));
}

TEST(Sketch, QuantilesAreWithinHalfAPercent) {
  Sketch sketch;
  std::vector<double> values;
  Draw draw(1, Stream::test, 0);
  for (int i = 0; i < 20000; ++i) values.push_back(draw.lognormal(-3, 2));
  for (double x : values) sketch.add(x);
  for (double q : {0.01, 0.5, 0.95, 0.99, 1.0}) {
    const double exact = exact_quantile(values, q);
    EXPECT_NEAR(sketch.quantile(q), exact, 0.00501 * exact) << q;
  }
}

TEST(Sketch, AddsUpToTheSameSketch) {
  Sketch all, even, odd;
  for (int i = 0; i < 1000; ++i) {
    all.add(i * 0.37);
    (i % 2 ? odd : even).add(i * 0.37);
  }
  odd.add(even);
  EXPECT_EQ(odd.count(), all.count());
  for (double q : {0.0, 0.25, 0.5, 0.9, 1.0}) EXPECT_EQ(odd.quantile(q), all.quantile(q));
  EXPECT_TRUE(std::isnan(Sketch().quantile(0.5)));
}

TEST(Recorder, SpansAreSpreadOverBins) {
  Recorder record(Duration::from_seconds(10), false);
  record.span(Series::busy, Time::from_seconds(5), Time::from_seconds(32));
  EXPECT_EQ(record.bins(Series::busy), (std::vector<double>{5, 10, 10, 2}));
  record.add(Series::tokens, Time::from_seconds(10), 3);
  EXPECT_EQ(record.bins(Series::tokens), (std::vector<double>{0, 3}));
  record.trace("nothing", Time(), Time());
  EXPECT_TRUE(record.spans().empty());
}

TEST(Parcels, AreTakenOnce) {
  Parcels<std::string> mail;
  const auto a = mail.put("a");
  const auto b = mail.put("b");
  EXPECT_EQ(mail.take(a), "a");
  EXPECT_THROW(mail.take(a), ContractError);
  EXPECT_EQ(mail.put("c"), a);  // the slot is used again
  EXPECT_EQ(mail.take(b), "b");
  EXPECT_EQ(mail.travelling(), 1u);
}

}  // namespace
}  // namespace orrery::sim::serving
