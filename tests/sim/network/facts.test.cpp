// The embedded facts against the measurements that they were derived from, where those are at hand: $ORRERY_DATA.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sim/csv.hpp"
#include "sim/network/access.hpp"
#include "sim/network/params.hpp"
#include "sim/network/region.hpp"

namespace orrery::sim::network {
namespace {

double median(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  return (v[(v.size() - 1) / 2] + v[v.size() / 2]) / 2;
}

class NetworkFacts : public testing::Test {
 protected:
  void SetUp() override {
    const char* pack = std::getenv("ORRERY_DATA");
    if (pack == nullptr) GTEST_SKIP() << "ORRERY_DATA is not set: the facts are not compared with the measurements";
    net_ = std::string(pack) + "/net/";
  }
  std::string net_;
};

// Mean round trips [ms] between WonderNetwork's servers, by their numbers, and all ratios of deviation and mean.
struct Pings {
  std::map<std::pair<int, int>, double> rtt;
  std::vector<double> ratios;
  explicit Pings(const std::string& path) {
    CsvReader csv(path);
    csv.next();  // source,destination,min,avg,max,mdev
    while (csv.next()) {
      const auto from = static_cast<int>(csv.integer(0, "source"));
      const auto to = static_cast<int>(csv.integer(1, "destination"));
      if (from == to) continue;
      rtt[{from, to}] = csv.real(3, "avg");
      ratios.push_back(csv.real(5, "mdev") / csv.real(3, "avg"));
    }
  }
};

TEST_F(NetworkFacts, RoundTripsAreTheMediansOfMeasuredPings) {
  const Pings pings(net_ + "wondernetwork_2020_pings_grouped.csv.gz");
  // Regions of one server, by its number there: the median is the mean of both directions.
  const std::map<std::string, int> servers{{"chicago", 22}, {"dallas", 12}, {"toronto", 2},  {"saopaulo", 125},
                                           {"paris", 4},    {"warsaw", 32}, {"lagos", 243},  {"johannesburg", 175},
                                           {"dubai", 133},  {"seoul", 113}, {"sydney", 107}, {"singapore", 31}};
  int compared = 0;
  for (const auto& [a, from] : servers) {
    for (const auto& [b, to] : servers) {
      if (a == b || !pings.rtt.contains({from, to}) || !pings.rtt.contains({to, from})) continue;
      const double expected = (pings.rtt.at({from, to}) + pings.rtt.at({to, from})) / 2;
      EXPECT_NEAR(regions().rtt(regions().find(a), regions().find(b)).seconds() * 1e3, expected, 0.0051) << a << b;
      ++compared;
    }
  }
  EXPECT_GE(compared, 100);
  // Tokyo has two servers (6, 244), New York four (13, 114, 130, 171).
  std::vector<double> between;
  for (const int x : {6, 244}) {
    for (const int y : {13, 114, 130, 171}) {
      for (const auto& pair : {std::pair(x, y), std::pair(y, x)}) {
        if (pings.rtt.contains(pair)) between.push_back(pings.rtt.at(pair));
      }
    }
  }
  EXPECT_NEAR(regions().rtt(regions().find("tokyo"), regions().find("newyork")).seconds() * 1e3, median(between),
              0.0051);
  EXPECT_NEAR(NetworkParams().jitter, std::sqrt(2) * median(pings.ratios), 0.0005);
}

TEST_F(NetworkFacts, CountriesHaveTheirMeanSpeeds) {
  CsvReader csv(net_ + "speedtest_country_2018_2020.csv");
  csv.next();  // snapshot,country,down_mbps,up_mbps
  int compared = 0;
  while (csv.next()) {
    if (csv.cells()[0] != "2020.04") continue;
    for (const Access& line : accesses()) {
      if (line.name != csv.cells()[1]) continue;
      EXPECT_NEAR(line.down.value(), from_mbit(csv.real(2, "down_mbps")).value(), 1) << line.name;
      EXPECT_NEAR(line.up.value(), from_mbit(csv.real(3, "up_mbps")).value(), 1) << line.name;
      ++compared;
    }
  }
  EXPECT_GE(compared, 40);
}

TEST_F(NetworkFacts, CloudRatesAreQuantilesOfMeasuredThroughput) {
  CsvReader csv(net_ + "skyplane_throughput.csv.gz");
  csv.next();
  const auto column = std::find(csv.cells().begin(), csv.cells().end(), "throughput_received") - csv.cells().begin();
  std::vector<double> received;
  while (csv.next()) {
    if (!csv.cells()[static_cast<std::size_t>(column)].empty()) {
      received.push_back(csv.real(static_cast<std::size_t>(column), "throughput_received") / 8);
    }
  }
  EXPECT_NEAR(access("cloud").up.value(), median(received), 2e3);
  std::sort(received.begin(), received.end());
  EXPECT_NEAR(access("datacentre").down.value(), received[received.size() * 95 / 100], 2e3);
}

}  // namespace
}  // namespace orrery::sim::network
