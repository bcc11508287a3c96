#include "sim/swarm/systems.hpp"

#include <cmath>
#include <cstdlib>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/csv.hpp"
#include "tests/sim/written_file.hpp"

namespace orrery::sim::swarm {
namespace {

constexpr double hour = 3600;

TEST(Systems, EverySystemHasASourceAndFiniteMeans) {
  std::set<std::string> names;
  for (const System& s : systems()) {
    SCOPED_TRACE(s.name);
    EXPECT_TRUE(names.insert(s.name).second);
    EXPECT_GT(s.source.size(), 20u);
    for (const auto* fits : {&s.online, &s.absent}) {
      for (const auto& [family, d] : *fits) {
        EXPECT_GT(d.mean(), 0.05 * hour) << family;
        EXPECT_LT(d.mean(), 1e5 * hour) << family;
      }
    }
  }
  EXPECT_GE(names.size(), 10u);
}

// The exponential fit's mean is the observed mean, and a maximum-likelihood gamma fit keeps it: were the order of the
// parameters or their unit read wrongly, the two would differ by far.
TEST(Systems, GammaFitsKeepTheObservedMean) {
  int checked = 0;
  for (const System& s : systems()) {
    if (s.online.size() != 4) continue;
    const Cycle exponential = cycle_of(s.name + ":exponential", "test");
    const Cycle gamma = cycle_of(s.name + ":gamma", "test");
    EXPECT_NEAR(gamma.online.mean() / exponential.online.mean(), 1, 0.03) << s.name;
    // Shapes are printed with two digits: 0.19 may be 0.195.
    EXPECT_NEAR(gamma.absent.mean() / exponential.absent.mean(), 1, 0.03) << s.name;
    ++checked;
  }
  EXPECT_EQ(checked, 9);
}

TEST(Systems, PublishedMeansInHours) {
  EXPECT_NEAR(cycle_of("skype06:exponential", "test").online.mean(), 16.27 * hour, 1);
  EXPECT_NEAR(cycle_of("skype06:exponential", "test").absent.mean(), 14.31 * hour, 1);
  EXPECT_NEAR(cycle_of("overnet03:exponential", "test").online.mean(), 2.29 * hour, 1);
  // Weibull 0.64, 10.86 h has mean 10.86 Gamma(1 + 1/0.64) = 15.1 h; it is the default.
  EXPECT_NEAR(cycle_of("skype06", "test").online.mean(), 10.86 * hour * std::tgamma(1 + 1 / 0.64), 1);
  EXPECT_NEAR(cycle_of("seti", "test").absent.mean(), std::exp(-0.586 + 2.844 * 2.844 / 2) * hour, 1);
}

TEST(Systems, UnknownNamesAreExplained) {
  EXPECT_THAT(
      complaint([] { cycle_of("skyp06", "a.toml:2:3"); }),
      ::testing::StartsWith(
          "a.toml:2:3: unknown lifetime 'skyp06' (it is neither a family nor in data/lifetimes.toml). Did you mean "
          "'skype06'"));
  EXPECT_THAT(
      complaint([] { cycle_of("skype06:gama", "swarm.lifetime"); }),
      ::testing::StartsWith("swarm.lifetime: unknown lifetime 'skype06:gama' (that system was not fitted with this "
                            "family). Did you mean 'skype06:gamma'?"));
  EXPECT_EQ(complaint([] { cycle_of("seti:gamma", "swarm.lifetime"); }),
            "swarm.lifetime: unknown lifetime 'seti:gamma' (that system was not fitted with this family). Use 'seti'.");
}

// The units of the published fits, against the trace that one of them was fitted to.
TEST(Systems, LanlFitIsInHours) {
  const char* data = std::getenv("ORRERY_DATA");
  if (data == nullptr) GTEST_SKIP() << "ORRERY_DATA is not set: the failure trace is not at hand";
  CsvReader csv(std::string(data) + "/churn/fta_lanl05_events.csv.gz");
  ASSERT_TRUE(csv.next());
  double sum = 0;
  int count = 0;
  while (csv.next()) {
    if (csv.integer(3, "event_type") != 1) continue;
    sum += csv.real(5, "end_unix") - csv.real(4, "start_unix");
    ++count;
  }
  EXPECT_NEAR(sum / count, cycle_of("lanl05:exponential", "test").online.mean(), 0.001 * sum / count);
}

}  // namespace
}  // namespace orrery::sim::swarm
