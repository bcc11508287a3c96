#include "sim/network/region.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/config/toml.hpp"

namespace orrery::sim::network {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

RegionId id(int i) { return RegionId(static_cast<std::uint32_t>(i)); }

// Great-circle distance [km] on a sphere of 6371 km.
double distance_km(const Region& a, const Region& b) {
  const double degree = std::acos(-1.0) / 180;
  const double u = std::sin((a.latitude - b.latitude) * degree / 2);
  const double v = std::sin((a.longitude - b.longitude) * degree / 2);
  return 2 * 6371 * std::asin(std::sqrt(u * u + std::cos(a.latitude * degree) * std::cos(b.latitude * degree) * v * v));
}

TEST(Regions, HaveUniqueNamesOnEveryInhabitedContinent) {
  const RegionTable& table = regions();
  ASSERT_GE(table.size(), 20);
  std::set<std::string> names;
  for (const std::string& name : table.names()) EXPECT_TRUE(names.insert(name).second) << name;
  for (const char* name : {"chicago", "saopaulo", "frankfurt", "johannesburg", "tokyo", "sydney"}) {
    EXPECT_TRUE(static_cast<bool>(table.find(name))) << name;
  }
  EXPECT_FALSE(static_cast<bool>(table.find("atlantis")));
}

TEST(Regions, SharesAddUpToOne) {
  double sum = 0;
  for (int i = 0; i < regions().size(); ++i) sum += regions()[id(i)].share;
  EXPECT_NEAR(sum, 1, 0.5e-4 * regions().size());
}

// No signal is faster than light in fibre, about 200 km/ms: 100 km of distance take at least 1 ms there and back.
TEST(Regions, RoundTripsAreSymmetricAndSlowerThanLightInFibre) {
  const RegionTable& table = regions();
  for (int a = 0; a < table.size(); ++a) {
    for (int b = 0; b < table.size(); ++b) {
      const Duration rtt = table.rtt(id(a), id(b));
      EXPECT_EQ(rtt, table.rtt(id(b), id(a)));
      EXPECT_GT(rtt, Duration());
      EXPECT_GE(rtt.seconds() * 1e3, distance_km(table[id(a)], table[id(b)]) / 100) << a << " " << b;
      EXPECT_LT(rtt, Duration::from_ms(600));
    }
  }
}

// Internet paths violate the triangle inequality in a few per cent of the triples (5.7 % between PlanetLab hosts); a
// matrix with many violations would be a mix-up of rows.
TEST(Regions, FewTriplesViolateTheTriangleInequalityByMuch) {
  const RegionTable& table = regions();
  int triples = 0;
  int violations = 0;
  for (int a = 0; a < table.size(); ++a) {
    for (int b = 0; b < a; ++b) {
      for (int c = 0; c < table.size(); ++c) {
        if (c == a || c == b) continue;
        const double direct = table.rtt(id(a), id(b)).seconds();
        const double detour = (table.rtt(id(a), id(c)) + table.rtt(id(c), id(b))).seconds();
        ++triples;
        if (detour < 0.9 * direct) ++violations;
      }
    }
  }
  EXPECT_LT(violations, 0.08 * triples) << violations << " of " << triples;
}

TEST(Regions, WithinARegionIsCloserThanAnyOther) {
  const RegionTable& table = regions();
  for (int a = 0; a < table.size(); ++a) {
    for (int b = 0; b < table.size(); ++b) {
      if (a != b) {
        EXPECT_LT(table.rtt(id(a), id(a)), table.rtt(id(a), id(b)));
      }
    }
  }
}

TEST(Regions, UnknownNameNamesTheNearest) {
  EXPECT_THAT([] { regions().named("frankfort", "scenario.toml:3:9"); },
              ThrowsMessage<InputError>(AllOf(HasSubstr("scenario.toml:3:9"), HasSubstr("'frankfurt'"))));
}

constexpr const char* two = R"(
[[region]]
name = "here"
rtt_ms = [1.5]
[[region]]
name = "there"
rtt_ms = [80, 2]
)";

TEST(Regions, AreReadAsALowerTriangle) {
  const RegionTable table = RegionTable::from_toml(config::parse_toml(two, "two.toml"));
  ASSERT_EQ(table.size(), 2);
  EXPECT_EQ(table.rtt(id(0), id(0)), Duration::from_ms(1.5));
  EXPECT_EQ(table.rtt(id(0), id(1)), Duration::from_ms(80));
  EXPECT_EQ(table.rtt(id(1), id(0)), Duration::from_ms(80));
  EXPECT_EQ(table.rtt(id(1), id(1)), Duration::from_ms(2));
}

// A bad table and what the message must say, with the place.
struct Bad {
  const char* text;
  const char* place;
  const char* problem;
};
class BadRegions : public testing::TestWithParam<Bad> {};

TEST_P(BadRegions, AreErrorsAtTheirPlace) {
  EXPECT_THAT([] { RegionTable::from_toml(config::parse_toml(GetParam().text, "bad.toml")); },
              ThrowsMessage<InputError>(AllOf(HasSubstr(GetParam().place), HasSubstr(GetParam().problem))));
}

INSTANTIATE_TEST_SUITE_P(
    Facts, BadRegions,
    testing::Values(Bad{"[[region]]\nname = \"a\"\nrtt_ms = [1]\n[[region]]\nname = \"b\"\nrtt_ms = [80]\n",
                        "bad.toml:6:", "'b' has 1 round-trip times"},
                    Bad{"[[region]]\nname = \"a\"\nrtt_ms = [1, 2]\n", "bad.toml:3:", "'a' has 2 round-trip times"},
                    Bad{"[[region]]\nname = \"a\"\n", "bad.toml:1:", "'a' has 0 round-trip times"},
                    Bad{"[[region]]\nname = \"a\"\nrtt_ms = [0]\n", "bad.toml:3:", "rtt_ms"},
                    Bad{"[[region]]\nname = \"a\"\nrtt_ms = [-4]\n", "bad.toml:3:", "rtt_ms"},
                    Bad{"[[region]]\nname = \"a\"\nrtt_ms = [1]\n[[region]]\nname = \"a\"\nrtt_ms = [1, 1]\n",
                        "bad.toml:4:", "'a' appears twice"},
                    Bad{"[[region]]\nrtt_ms = [1]\n", "bad.toml:1:", "no name"},
                    Bad{"[[region]]\nname = \"a\"\nlatency = 3\nrtt_ms = [1]\n", "bad.toml:3:", "latency"},
                    Bad{"regions = 3\n", "bad.toml", "no list of regions"}));

}  // namespace
}  // namespace orrery::sim::network
