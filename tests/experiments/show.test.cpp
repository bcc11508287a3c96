#include "experiments/show.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace orrery::experiments {
namespace {

TEST(Show, OneRunIsAColumnOfValues) {
  const StoredResults r{"orrery 1",
                        "abc",
                        "",
                        {"0123456789abcdef"},
                        {""},
                        {Status::done},
                        {},
                        {{"goodput", "request/s", "served a second", {12345678.0}},
                         {"ttft_p50", "s", "", {NAN}},
                         {"x", "1", "ratio", {1.0 / 3}}}};
  EXPECT_EQ(show_text(r),
            "orrery 1 (commit abc): 1 of 1 runs done, 0 failed\n\n"
            "goodput   12345678  request/s  served a second\n"
            "ttft_p50         -  s\n"
            "x         0.333333  1          ratio\n");
}

TEST(Show, ManyRunsAreRangesAndFailuresHaveReasons) {
  const StoredResults r{"orrery 1",
                        "abc",
                        "",
                        {"a", "b", "c", "d"},
                        {"", "no route", "", ""},
                        {Status::done, Status::failed, Status::done, Status::todo},
                        {},
                        {{"goodput", "request/s", "", {4, NAN, 2, NAN}}, {"none", "s", "", {NAN, NAN, NAN, NAN}}}};
  EXPECT_EQ(show_text(r),
            "orrery 1 (commit abc): 2 of 4 runs done, 1 failed\n"
            "failed b: no route\n\n"
            "metric   lowest  median  highest  unit\n"
            "goodput       2       2        4  request/s\n"
            "none          -       -        -  s\n");
}

TEST(Show, ARunPrintsItsMetricsInTheSameWay) {
  EXPECT_EQ(
      metrics_text({{"z", "s", "", NAN}, {"events", "1", "handled", 3}, {"a", "s", "", NAN}, {"t", "s", "", 0.5}}),
      "events    3  1  handled\nt       0.5  s\na         -  s\nz         -  s\n");
}

}  // namespace
}  // namespace orrery::experiments
