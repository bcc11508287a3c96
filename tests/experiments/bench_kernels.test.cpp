#include "experiments/bench_kernels.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "experiments/bench_child.hpp"
#include "kernels/contract.hpp"

namespace orrery::experiments {
namespace {

std::string message_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST(BenchKernels, RefusesWhatMatchesNothingAndNamesTheCases) {
  EXPECT_THROW(bench_kernels("["), InputError);
  EXPECT_THAT(message_of([] { bench_kernels("no such case"); }), ::testing::HasSubstr("int8 GEMM m=64 4096x4096"));
}

TEST(BenchKernels, EveryCaseHasItsOwnName) {
  std::vector<std::string> names;
  for (const auto& cases : {gemm_cases(), gemm_int8_cases(), gemv_cases()})
    for (const KernelCase& c : cases) names.push_back(c.name);
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
}

TEST(BenchKernels, RoundsAreInterleavedAndTheFirstIsNotCounted) {
  std::string calls;
  const auto times = interleaved(2, {[&] { calls += 'a'; }, [&] { calls += 'b'; }});
  EXPECT_EQ(calls, "ababab");
  EXPECT_EQ(times.size(), 2U);
}

TEST(BenchChild, HasItsEnvironmentAndLeavesOursAlone) {
  const auto text =
      in_child({{"ORRERY_BENCH_TEST", "yes"}}, [] { return std::string(std::getenv("ORRERY_BENCH_TEST")); });
  EXPECT_EQ(text, "yes");
  EXPECT_EQ(std::getenv("ORRERY_BENCH_TEST"), nullptr);
}

TEST(BenchChild, ReturnsLongTexts) {
  EXPECT_EQ(in_child({}, [] { return std::string(1'000'000, 'x'); }), std::string(1'000'000, 'x'));
}

TEST(BenchChild, ReportsWhatWentWrong) {
  EXPECT_EQ(message_of([] { in_child({}, []() -> std::string { throw RunError("out of luck"); }); }), "out of luck");
  EXPECT_THAT(message_of([] { in_child({}, []() -> std::string { std::raise(SIGKILL), std::abort(); }); }),
              ::testing::HasSubstr("signal 9"));
}

}  // namespace
}  // namespace orrery::experiments
