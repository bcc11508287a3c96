#include "sim/network/flows.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include <gtest/gtest.h>

#include "sim/random.hpp"

namespace orrery::sim::network {
namespace {

Time ms(double t) { return Time::from_seconds(t * 1e-3); }

struct Load {
  std::vector<BytesPerSecond> capacities;
  std::vector<Path> paths;
  std::vector<double> bytes;
  std::vector<Time> starts;
};

// Random pairs among n / 4 hosts with 1 Gbit/s up and down, 1 to 20 MB each; all start together, or over a second.
Load random_load(std::uint32_t n, bool together, std::uint64_t seed) {
  const std::uint32_t hosts = n / 4;
  Load load{std::vector<BytesPerSecond>(2 * hosts, BytesPerSecond(125e6)), {}, {}, {}};
  Draw draw(seed, Stream::test, 0);
  for (std::uint32_t f = 0; f < n; ++f) {
    const auto from = static_cast<std::uint32_t>(draw.below(hosts));
    const auto to = hosts + static_cast<std::uint32_t>(draw.below(hosts));
    load.paths.push_back(Path::over(from, to));
    load.bytes.push_back(draw.uniform(1e6, 20e6));
    load.starts.push_back(together ? Time() : Time::from_seconds(draw.uniform()));
  }
  std::sort(load.starts.begin(), load.starts.end());
  return load;
}

std::vector<Flows::Completion> run(const Load& load, Duration window) {
  Flows flows(load.capacities, window);
  std::vector<Flows::Completion> done;
  for (std::size_t f = 0; f < load.paths.size(); ++f) {
    flows.advance(load.starts[f], done);
    flows.start(f, load.paths[f], Bytes(load.bytes[f]));
  }
  while (flows.active() > 0) flows.advance(flows.next(), done);
  return done;
}

// The same with exact rates at every start and completion, straight from the definition.
std::vector<double> exact_ends(const Load& load) {
  const std::size_t n = load.paths.size();
  MaxMin solver(load.capacities);
  std::vector<double> left = load.bytes;
  std::vector<double> ends(n, 0);
  std::vector<std::size_t> active;
  std::size_t started = 0;
  double now = 0;
  while (started < n || !active.empty()) {
    std::vector<Path> paths;
    for (const std::size_t f : active) paths.push_back(load.paths[f]);
    std::vector<double> rates(active.size());
    solver.solve(paths, rates);
    double next = started < n ? load.starts[started].seconds() : HUGE_VAL;
    for (std::size_t i = 0; i < active.size(); ++i) next = std::min(next, now + left[active[i]] / rates[i]);
    for (std::size_t i = 0; i < active.size(); ++i) left[active[i]] -= rates[i] * (next - now);
    now = next;
    std::erase_if(active, [&](std::size_t f) { return left[f] < 1e-3 ? ends[f] = now, true : false; });
    while (started < n && load.starts[started].seconds() <= now) active.push_back(started++);
  }
  return ends;
}

// Mean relative error of the times from start to end.
double mean_error(const Load& load, Duration window) {
  const std::vector<double> exact = exact_ends(load);
  double sum = 0;
  for (const auto& [time, id] : run(load, window)) {
    const double start = load.starts[id].seconds();
    sum += std::fabs(time.seconds() - exact[id]) / (exact[id] - start);
  }
  return sum / static_cast<double>(load.paths.size());
}

TEST(Flows, OneLinkEndsInOrderOfSize) {
  Flows flows({BytesPerSecond(3e6)}, Duration::from_ms(1));
  for (std::uint64_t id = 0; id < 3; ++id) flows.start(id, Path::over(0), Bytes(1e6 * static_cast<double>(id + 1)));
  std::vector<Flows::Completion> done;
  flows.advance(ms(10000), done);
  ASSERT_EQ(done.size(), 3u);
  // Shared equally by 3, then 2, then 1: 1 s, 1 s + 2/3 s, 2 s in all; each change waits at most one window.
  EXPECT_EQ(done[0], (Flows::Completion{ms(1000), 0}));
  EXPECT_NEAR(done[1].time.seconds(), 1 + 2.0 / 3, 1e-3);
  EXPECT_NEAR(done[2].time.seconds(), 2, 2e-3);
  EXPECT_GE(done[2].time, ms(2000));
  EXPECT_EQ(flows.active(), 0u);
  EXPECT_EQ(flows.next(), Time::never());
  EXPECT_EQ(flows.now(), ms(10000));
}

TEST(Flows, ANewFlowTakesWhatIsIdleAtOnceAndItsShareAtTheBoundary) {
  Flows flows({BytesPerSecond(1e6), BytesPerSecond(4e6), BytesPerSecond(4e6)}, Duration::from_ms(10));
  std::vector<Flows::Completion> done;
  flows.start(1, Path::over(0, 1), Bytes(1e6));  // 1e6 byte/s of link 1's 4e6
  flows.advance(ms(5), done);
  flows.start(2, Path::over(2, 1), Bytes(3e4));  // 3e6 byte/s are idle: 10 ms
  flows.start(3, Path::over(2), Bytes(1e4));     // 1e6 byte/s are left of link 2: 10 ms, until the boundary
  flows.advance(ms(10), done);
  EXPECT_TRUE(done.empty());
  // At 10 ms flow 2 has 15,000 bytes to go, flow 3 5,000. Fair: link 2 gives each 2e6; flow 1 keeps its 1e6.
  flows.advance(ms(30), done);
  ASSERT_EQ(done.size(), 2u);
  EXPECT_EQ(done[0], (Flows::Completion{ms(12.5), 3}));
  EXPECT_EQ(done[1], (Flows::Completion{ms(17.5), 2}));
}

TEST(Flows, EmptyFlowEndsAtOnce) {
  Flows flows({BytesPerSecond(1)}, Duration::from_ms(10));
  std::vector<Flows::Completion> done;
  flows.advance(ms(3), done);
  flows.start(4, Path::over(0), Bytes(1));
  flows.start(5, Path::over(0), Bytes(0));
  EXPECT_EQ(flows.next(), ms(3));
  flows.advance(ms(3), done);
  ASSERT_EQ(done.size(), 1u);
  EXPECT_EQ(done[0], (Flows::Completion{ms(3), 5}));
}

// The bounds that the header states. The budget is 1.5 % at 10 ms.
TEST(Flows, WindowsStayCloseToExactSolving) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    const Load together = random_load(1000, true, seed);
    EXPECT_LT(mean_error(together, Duration::from_ms(10)), 0.007);
    EXPECT_LT(mean_error(together, Duration::from_ms(1)), 0.001);
    const Load spread = random_load(1000, false, seed);
    EXPECT_LT(mean_error(spread, Duration::from_ms(10)), 0.03);
    EXPECT_LT(mean_error(spread, Duration::from_ms(1)), 0.0033);
  }
}

std::vector<Flows::Completion> run(const Load& load, Flows flows) {
  std::vector<Flows::Completion> done;
  for (std::size_t f = 0; f < load.paths.size(); ++f) {
    flows.advance(load.starts[f], done);
    flows.start(f, load.paths[f], Bytes(load.bytes[f]));
  }
  while (flows.active() > 0) flows.advance(flows.next(), done);
  return done;
}

// The windows that the simulator uses: within the budget of 1.5 % however flows start.
TEST(Flows, ShortWindowsThatWaitForEnoughChanges) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    for (const bool together : {true, false}) {
      const Load load = random_load(1000, together, seed);
      const std::vector<double> exact = exact_ends(load);
      double sum = 0;
      for (const auto& [time, id] : run(load, Flows::windowed(load.capacities))) {
        sum += std::fabs(time.seconds() - exact[id]) / (exact[id] - load.starts[id].seconds());
      }
      EXPECT_LT(sum / 1000, 0.007);
    }
  }
}

TEST(Flows, FewChangesAmongManyWaitSomeWindows) {
  // Ten flows share a link; at 10 ms one more starts, which is not 20 % of them, so it waits for its share three
  // windows.
  Flows flows({BytesPerSecond(1e6)}, Duration::from_ms(10), 0.2, 3);
  std::vector<Flows::Completion> done;
  for (std::uint64_t id = 0; id < 10; ++id) flows.start(id, Path::over(0), Bytes(1e6));
  flows.advance(ms(15), done);  // ten changes at once were enough
  flows.start(10, Path::over(0), Bytes(1e6 / 11 * 0.1));
  EXPECT_EQ(flows.next(), ms(20));
  flows.advance(ms(39), done);
  EXPECT_TRUE(done.empty());
  flows.advance(ms(139), done);
  EXPECT_TRUE(done.empty());
  flows.advance(ms(141), done);  // from 40 ms on it has an eleventh, for 100 ms
  ASSERT_EQ(done.size(), 1u);
  EXPECT_EQ(done[0].id, 10u);
  EXPECT_NEAR(done[0].time.seconds(), 0.140, 1e-6);
}

TEST(Flows, CompletionsAreOrderedAndNobodyIsLost) {
  const Load load = random_load(1000, false, 4);
  const std::vector<Flows::Completion> done = run(load, Duration::from_ms(10));
  ASSERT_EQ(done.size(), load.paths.size());
  EXPECT_TRUE(std::is_sorted(done.begin(), done.end()));
  std::map<std::uint64_t, int> seen;
  for (const auto& [time, id] : done) {
    EXPECT_EQ(++seen[id], 1);
    EXPECT_GE(time.seconds(), load.starts[id].seconds() + load.bytes[id] / 125e6);  // never faster than its links
  }
}

// Where advance stops does not change what happens.
TEST(Flows, StepsDoNotMatter) {
  const Load load = random_load(400, true, 5);
  const std::vector<Flows::Completion> by_event = run(load, Duration::from_ms(10));
  Flows flows(load.capacities, Duration::from_ms(10));
  for (std::size_t f = 0; f < load.paths.size(); ++f) flows.start(f, load.paths[f], Bytes(load.bytes[f]));
  std::vector<Flows::Completion> by_step;
  for (double t = 0; flows.active() > 0; t += 3.7) flows.advance(ms(t), by_step);
  EXPECT_EQ(by_event, by_step);
}

TEST(Flows, LinksAreNeverOverrun) {
  const Load load = random_load(400, false, 6);
  const std::vector<Flows::Completion> done = run(load, Duration::from_ms(10));
  // By the time of each completion, what has arrived over a link is at most its capacity times the time it was in use.
  std::vector<double> arrived(load.capacities.size(), 0);
  for (const auto& [time, id] : done) {
    for (const std::uint32_t link : load.paths[id].links) {
      if (link == Path::none) continue;
      arrived[link] += load.bytes[id];
      EXPECT_LE(arrived[link], 125e6 * time.seconds() * (1 + 1e-9));
    }
  }
}

TEST(Flows, ACancelledFlowLeavesItsShare) {
  Flows flows(std::vector<BytesPerSecond>(1, BytesPerSecond(1e6)), Duration::from_ms(1));
  flows.start(1, Path::over(0), Bytes(100e3));
  flows.start(2, Path::over(0), Bytes(100e3));
  std::vector<Flows::Completion> done;
  flows.advance(ms(50), done);
  flows.cancel(1);
  EXPECT_EQ(flows.active(), 1u);
  while (flows.active() > 0) flows.advance(flows.next(), done);
  ASSERT_EQ(done.size(), 1u);
  EXPECT_EQ(done[0].id, 2u);
  // 25 ms of bytes in the first 50 (a millisecond less, before rates were solved), the rest alone.
  EXPECT_NEAR(done[0].time.seconds(), 0.125, 1.1e-3);
  EXPECT_THROW(flows.cancel(1), ContractError);
}

TEST(Flows, MisuseIsOurError) {
  std::vector<Flows::Completion> done;
  Flows flows({BytesPerSecond(1)}, Duration::from_ms(1));
  flows.advance(ms(5), done);
  EXPECT_THROW(flows.advance(ms(4), done), ContractError);
  EXPECT_THROW(flows.start(1, Path::over(1), Bytes(1)), ContractError);
  EXPECT_THROW(flows.start(1, Path::over(0), Bytes(-1)), ContractError);
  EXPECT_THROW(Flows({BytesPerSecond(1)}, Duration()), ContractError);
  EXPECT_THROW(Flows({BytesPerSecond(1)}, Duration::from_ms(1), -0.1), ContractError);
  EXPECT_THROW(Flows({BytesPerSecond(1)}, Duration::from_ms(1), 0.1, 0), ContractError);
}

}  // namespace
}  // namespace orrery::sim::network
