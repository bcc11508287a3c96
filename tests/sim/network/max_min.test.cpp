#include "sim/network/max_min.hpp"

#include <algorithm>
#include <numeric>

#include <gtest/gtest.h>

#include "sim/random.hpp"

namespace orrery::sim::network {
namespace {

std::vector<double> rates_of(const std::vector<BytesPerSecond>& capacities, const std::vector<Path>& paths) {
  MaxMin solver(capacities);
  std::vector<double> rates(paths.size());
  solver.solve(paths, rates);
  return rates;
}

// The certificate of max-min fairness (Bertsekas & Gallager, 6.5.2): no link carries more than its capacity, and every
// flow has a bottleneck, a full link on which no flow is faster. Both together hold for the max-min rates alone.
void expect_max_min(const std::vector<BytesPerSecond>& capacities, const std::vector<Path>& paths,
                    const std::vector<double>& rates) {
  constexpr double eps = 1e-9;
  std::vector<double> load(capacities.size(), 0);
  std::vector<double> fastest(capacities.size(), 0);
  for (std::size_t f = 0; f < paths.size(); ++f) {
    for (const std::uint32_t link : paths[f].links) {
      if (link == Path::none) continue;
      load[link] += rates[f];
      fastest[link] = std::max(fastest[link], rates[f]);
    }
  }
  for (std::size_t l = 0; l < load.size(); ++l) EXPECT_LE(load[l], capacities[l].value() * (1 + eps));
  for (std::size_t f = 0; f < paths.size(); ++f) {
    const bool bottlenecked = std::any_of(paths[f].links.begin(), paths[f].links.end(), [&](std::uint32_t link) {
      return link != Path::none && load[link] >= capacities[link].value() * (1 - eps) &&
             rates[f] >= fastest[link] * (1 - eps);
    });
    EXPECT_TRUE(bottlenecked) << "flow " << f << " at " << rates[f];
  }
}

TEST(MaxMin, FlowsOverOneLinkShareItEqually) {
  for (const std::size_t n : {1, 2, 3, 7, 1000}) {
    const std::vector<double> rates = rates_of({BytesPerSecond(1e6)}, std::vector<Path>(n, Path::over(0)));
    for (const double rate : rates) EXPECT_NEAR(rate, 1e6 / static_cast<double>(n), 1e-9 * 1e6);
  }
}

// Three pairs over a shared backbone of 9: the pair with a slow sender gets its 1, the others share the remaining 8.
TEST(MaxMin, Dumbbell) {
  const std::vector<BytesPerSecond> capacities{BytesPerSecond(1),  BytesPerSecond(10), BytesPerSecond(10),
                                               BytesPerSecond(10), BytesPerSecond(10), BytesPerSecond(10),
                                               BytesPerSecond(9)};
  const std::vector<double> rates =
      rates_of(capacities, {Path::over(0, 3, 6), Path::over(1, 4, 6), Path::over(2, 5, 6)});
  EXPECT_DOUBLE_EQ(rates[0], 1);
  EXPECT_DOUBLE_EQ(rates[1], 4);
  EXPECT_DOUBLE_EQ(rates[2], 4);
}

// The parking lot: one flow over two links of 1 and 2, one more flow on each.
TEST(MaxMin, ParkingLot) {
  const std::vector<double> rates =
      rates_of({BytesPerSecond(1), BytesPerSecond(2)}, {Path::over(0, 1), Path::over(0), Path::over(1)});
  EXPECT_DOUBLE_EQ(rates[0], 0.5);
  EXPECT_DOUBLE_EQ(rates[1], 0.5);
  EXPECT_DOUBLE_EQ(rates[2], 1.5);
}

TEST(MaxMin, RandomNetworksCarryTheCertificate) {
  for (std::uint32_t net = 0; net < 60; ++net) {
    Draw draw(1, Stream::test, net);
    const std::uint64_t hosts = 2 + draw.below(40);
    std::vector<BytesPerSecond> capacities;
    for (std::uint64_t l = 0; l < 2 * hosts + 3; ++l) capacities.emplace_back(draw.lognormal(15, 1.5));
    std::vector<Path> paths;
    for (std::uint64_t f = 0, flows = 1 + draw.below(300); f < flows; ++f) {
      const auto up = static_cast<std::uint32_t>(draw.below(hosts));
      const auto down = static_cast<std::uint32_t>(hosts + draw.below(hosts));
      const auto relay = static_cast<std::uint32_t>(2 * hosts + draw.below(3));
      paths.push_back(draw.uniform() < 0.2 ? Path::over(up, down, relay) : Path::over(up, down));
    }
    expect_max_min(capacities, paths, rates_of(capacities, paths));
  }
}

TEST(MaxMin, ForgetsThePreviousProblem) {
  MaxMin solver({BytesPerSecond(6), BytesPerSecond(6)});
  std::vector<double> rates(3);
  solver.solve(std::vector<Path>{Path::over(0), Path::over(0), Path::over(0, 1)}, rates);
  EXPECT_DOUBLE_EQ(rates[2], 2);
  rates.resize(1);
  solver.solve(std::vector<Path>{Path::over(1)}, rates);
  EXPECT_DOUBLE_EQ(rates[0], 6);
  solver.solve({}, {});
}

TEST(MaxMin, OrderOfFlowsDoesNotMatter) {
  Draw draw(2, Stream::test, 0);
  std::vector<BytesPerSecond> capacities(40, BytesPerSecond(1e8));
  std::vector<Path> paths;
  for (int f = 0; f < 200; ++f) {
    paths.push_back(
        Path::over(static_cast<std::uint32_t>(draw.below(20)), 20 + static_cast<std::uint32_t>(draw.below(20))));
  }
  const std::vector<double> forward = rates_of(capacities, paths);
  std::reverse(paths.begin(), paths.end());
  std::vector<double> backward = rates_of(capacities, paths);
  std::reverse(backward.begin(), backward.end());
  EXPECT_EQ(forward, backward);
}

TEST(MaxMin, BrokenPathsAreOurError) {
  EXPECT_THROW(rates_of({BytesPerSecond(1)}, {Path::over(1)}), ContractError);
  EXPECT_THROW(rates_of({BytesPerSecond(1)}, {Path()}), ContractError);
  EXPECT_THROW(MaxMin({BytesPerSecond(0)}), ContractError);
}

}  // namespace
}  // namespace orrery::sim::network
