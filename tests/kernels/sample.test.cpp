#include "kernels/sample.hpp"

#include <cmath>
#include <map>

#include <gtest/gtest.h>

#include "tests/kernels/random_matrix.hpp"

namespace orrery::kernels {
namespace {

TEST(SampleGreedy, TakesTheLowestOfTheLargest) {
  EXPECT_EQ(sample_greedy(std::vector{1.0F, 3.0F, 3.0F, 2.0F}), 1);
  EXPECT_EQ(sample_greedy(std::vector{-5.0F}), 0);
  EXPECT_EQ(sample_greedy(std::vector{-0.0F, 0.0F}), 0);
  EXPECT_EQ(sample_greedy(std::vector{-HUGE_VALF, -1e30F}), 1);
  EXPECT_EQ(sample_greedy(std::vector{NAN, -1.0F, NAN}), 1);
  EXPECT_EQ(sample_greedy(std::vector{NAN, NAN}), 0);
}

TEST(SampleTopP, EqualsTheTwin) {
  Numbers numbers(1);
  Workspace workspace;
  for (int i = 0; i < 2000; ++i) {
    Matrix logits = random_matrix(numbers, 1, numbers.integer(1, 300), numbers.real(0.1F, 10.0F));
    if (i % 3 == 0)  // ties
      for (float& value : logits.span()) value = std::floor(value * 4);
    const float temperature = numbers.real(0.1F, 2.0F), top_p = i % 5 == 0 ? 1.0F : numbers.real(0.01F, 1.0F);
    const double draw = i % 7 == 0 ? 0.0 : i % 7 == 1 ? 1.0 - 0x1p-53 : numbers.unit();
    EXPECT_EQ(sample_top_p(logits.span(), temperature, top_p, draw, workspace),
              ref::sample_top_p(logits.span(), temperature, top_p, draw));
  }
}

TEST(SampleTopP, SmallNucleusIsGreedy) {
  Numbers numbers(2);
  Workspace workspace;
  const Matrix logits = random_matrix(numbers, 1, 500, 5.0F);
  for (int i = 0; i < 50; ++i)
    EXPECT_EQ(sample_top_p(logits.span(), 1.0F, 1e-4F, numbers.unit(), workspace), sample_greedy(logits.span()));
}

// 20,000 draws: a frequency lies within 5 standard deviations of its probability.
TEST(SampleTopP, FollowsTheSoftmax) {
  Workspace workspace;
  Numbers numbers(3);
  const std::vector<float> logits{0.0F, 1.0F, 2.0F, -1.0F};
  std::map<int, int> count;
  const int draws = 20000;
  for (int i = 0; i < draws; ++i) ++count[sample_top_p(logits, 1.0F, 1.0F, numbers.unit(), workspace)];
  for (int token = 0; token < 4; ++token) {
    const double p = std::exp(log_probability(logits, token));
    EXPECT_NEAR(count[token], draws * p, 5 * std::sqrt(draws * p * (1 - p)));
  }
}

TEST(LogProbability, IsTheLogOfTheSoftmax) {
  const std::vector<float> logits{1.0F, 2.0F, 3.5F, -500.0F, -2000.0F};
  const double sum = std::exp(1.0) + std::exp(2.0) + std::exp(3.5);
  for (int token = 0; token < 5; ++token)
    EXPECT_NEAR(log_probability(logits, token), logits[static_cast<std::size_t>(token)] - std::log(sum), 1e-12 * 2000);
}

}  // namespace
}  // namespace orrery::kernels
