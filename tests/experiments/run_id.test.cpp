#include "experiments/run_id.hpp"

#include <gtest/gtest.h>

namespace orrery::experiments {
namespace {

TEST(RunId, IsAFunctionOfTheText) {
  EXPECT_EQ(run_id("a = 1\n"), run_id("a = 1\n"));
  EXPECT_NE(run_id("a = 1\n"), run_id("a = 2\n"));
  EXPECT_EQ(run_id("").size(), 16u);
  EXPECT_EQ(run_id("x").find_first_not_of("0123456789abcdef"), std::string::npos);
}

// The first eight bytes of BLAKE2b-256("orrery results 1\na = 1\n"), computed with Python's hashlib.
TEST(RunId, IsBlake2b) { EXPECT_EQ(run_id("a = 1\n"), "5409c5f1f9c89998"); }

}  // namespace
}  // namespace orrery::experiments
