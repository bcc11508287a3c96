// The diffusion model on small random weights: bits, bounds, and what the loader refuses.
#include "kernels/model/ddpm.hpp"

#include <cstring>

#include <gmock/gmock.h>

#include "kernels/noise.hpp"
#include "tests/kernels/model/ddpm_bytes.hpp"
#include "tests/kernels/model/ddpm_reference.hpp"
#include "tests/kernels/model/synthetic.hpp"

namespace orrery::kernels::model {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Small {
  DdpmSizes sizes;
  DdpmBytes bytes;
  TensorTable table;
  Ddpm model;

  explicit Small(DdpmSizes s = {}, std::uint64_t seed = 1)
      : sizes(std::move(s)), bytes(ddpm_bytes(sizes, seed)), table(bytes.table()), model(make_ddpm(bytes.table())) {}
  DdpmReference reference(const Numerics& numerics = {}) const {
    return {table, sizes.height, static_cast<int>(sizes.channels.size()) - 1, 2, numerics};
  }
  Matrix image(std::uint64_t seed) const {
    Numbers numbers(seed);
    return random_matrix(numbers, model.channels(), model.pixels(), 2);
  }
};

DdpmSizes random_sizes(Numbers& numbers) {
  DdpmSizes s;
  s.steps = numbers.integer(1, 4);
  s.height = numbers.integer(1, 9);
  s.width = numbers.integer(2, 34);
  s.kernel = 2 * numbers.integer(0, 3) + 1;
  s.frequencies = numbers.integer(1, 9);
  s.channels = {numbers.integer(1, 3)};
  for (int b = numbers.integer(1, 3); b > 0; --b) s.channels.push_back(numbers.integer(1, 18));
  s.hidden = numbers.integer(1, 40);
  return s;
}

TEST(Ddpm, KnowsItsShapeFromTheTensors) {
  const Small small;
  EXPECT_EQ(small.model.steps(), 5);
  EXPECT_EQ(small.model.numbers(), 42);
  EXPECT_EQ(small.model.blocks.size(), 2U);
  EXPECT_EQ(small.model.flops(), 2.0 * 42 * (9 * (1 * 9 + 9 * 5) + 9 * 5));
}

TEST(Ddpm, EqualsTheTwinsBitForBitInEveryArithmetic) {
  Numbers numbers(3);
  for (int trial = 0; trial < 12; ++trial) {
    const Small small(random_sizes(numbers), numbers.bits());
    const Numerics numerics{.k_block = trial % 3 == 0 ? 32 : 256,
                            .activations = trial % 4 == 1   ? Rounding::bf16
                                           : trial % 4 == 2 ? Rounding::fp16
                                                            : Rounding::fp32};
    const Matrix x = small.image(numbers.bits());
    const int step = numbers.integer(1, small.model.steps());
    const Matrix want = small.reference(numerics).twin(x, step, small.model.steps());
    for (const Isa isa : isas()) {
      Workspace workspace({isa, numbers.integer(1, 3)}, numerics);
      Matrix got(x.rows(), x.cols());
      predict_noise(small.model, x, step, got, workspace);
      EXPECT_TRUE(same_bits(got, want)) << name(isa) << " trial " << trial;
    }
  }
}

// fp32 against double: each of the blocks normalises, so errors stay near a few hundred roundings of numbers near one.
TEST(Ddpm, IsCloseToAComputationInDouble) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const Small small({}, seed);
    const Matrix x = small.image(seed);
    Workspace workspace;
    Matrix got(x.rows(), x.cols());
    predict_noise(small.model, x, 2, got, workspace);
    const auto want = small.reference().in_double(x, 2, small.model.steps());
    for (std::size_t i = 0; i < want.size(); ++i) EXPECT_NEAR(got.data()[i], want[i], 300 * u * 4) << i;
  }
}

TEST(Ddpm, OneStepBackIsTheFormula) {
  const Small small;
  for (const int step : {1, 3}) {
    const Matrix x = small.image(4);
    std::vector<float> normal(x.size());
    normal_noise(9, 1, 3, normal);
    Workspace workspace;
    Matrix got = Matrix::copy(x);
    denoise(small.model, got, step, normal, workspace);
    const auto eps = small.reference().in_double(x, step, small.model.steps());
    const double beta = small.model.beta[static_cast<std::size_t>(step)];
    double alpha = 1;  // from the betas, not from the file's products
    for (int t = 0; t <= step; ++t) alpha *= 1.0 - small.model.beta[static_cast<std::size_t>(t)];
    for (std::size_t i = 0; i < eps.size(); ++i) {
      double want = (x.data()[i] - beta / std::sqrt(1 - alpha) * eps[i]) / std::sqrt(1 - beta);
      if (step > 1) want += std::sqrt(beta) * normal[i];
      EXPECT_NEAR(got.data()[i], want, 300 * u * 8) << i;
    }
  }
}

TEST(Ddpm, AnImageHasTheSameBitsAloneAndInAnyBatchOnEveryPath) {
  Numbers numbers(5);
  for (int trial = 0; trial < 4; ++trial) {
    const Small small(random_sizes(numbers), numbers.bits());
    const Ddpm& m = small.model;
    Matrix want(7, m.numbers());
    for (int i = 0; i < 7; ++i)
      sample(m, 5, 100 + static_cast<std::uint64_t>(i), want.view().slice_rows(i, 1), Workspace());
    for (const Isa isa : isas()) {
      for (const int threads : {1, 2, 3}) {
        const int first = numbers.integer(0, 5), count = numbers.integer(1, 7 - first);
        Matrix got(count, m.numbers());
        sample(m, 5, 100 + static_cast<std::uint64_t>(first), got, Workspace({isa, threads}));
        EXPECT_TRUE(same_bits(got, want.view().slice_rows(first, count))) << name(isa) << threads;
      }
    }
    Matrix other(1, m.numbers());
    sample(m, 6, 100, other, Workspace());
    EXPECT_FALSE(same_bits(other, want.view().slice_rows(0, 1)));
  }
}

// Threads share one image only where it is large enough to be worth it.
TEST(Ddpm, ThreadsThatShareAnImageChangeNoBits) {
  DdpmSizes large;
  large.steps = 2;
  large.height = large.width = 40;
  large.kernel = 7;
  large.channels = {1, 16, 16};
  const Small small(large);
  Matrix one(1, small.model.numbers()), two(1, small.model.numbers());
  sample(small.model, 1, 1, one, Workspace({best_isa(), 1}));
  sample(small.model, 1, 1, two, Workspace({best_isa(), 2}));
  EXPECT_TRUE(same_bits(one, two));
}

TEST(Ddpm, RefusesStepsAndShapesThatDoNotExist) {
  const Small small;
  Matrix x(1, 42), y(1, 42), other(1, 41);
  Workspace workspace;
  EXPECT_THROW(predict_noise(small.model, x, 0, y, workspace), ContractError);
  EXPECT_THROW(predict_noise(small.model, x, 6, y, workspace), ContractError);
  EXPECT_THROW(predict_noise(small.model, other, 1, y, workspace), ContractError);
  EXPECT_THROW(denoise(small.model, x, 2, {}, workspace), ContractError);
  EXPECT_THROW(sample(small.model, 1, 1, other, workspace), ContractError);
}

std::string error_of(const DdpmBytes& bytes) {
  return input_error([&] { make_ddpm(bytes.table()); });
}

// A model whose tensor `name` was changed after it was made.
template <class Change>
std::string changed(Change&& change) {
  DdpmBytes bytes = ddpm_bytes();
  change(bytes);
  return error_of(bytes);
}
std::string reshaped(const std::string& name, const std::vector<int>& shape) {
  return changed([&](DdpmBytes& b) { b.tensor(name)["shape"] = shape; });
}
std::string renamed(const std::string& name, const std::string& to) {
  return changed([&](DdpmBytes& b) { b.tensor(name)["name"] = to; });
}
std::string with_number(const std::string& name, int at, float value) {
  return changed([&](DdpmBytes& b) {
    std::memcpy(b.data.data() + b.tensor(name)["offset"].get<std::size_t>() + 4 * static_cast<std::size_t>(at), &value,
                4);
  });
}

TEST(Ddpm, LoaderNamesWhatIsWrong) {
  EXPECT_EQ(error_of(ddpm_bytes()), "");
  EXPECT_THAT(renamed("alpha_t", "alpha"), StartsWith("w.bin: tensor 'alpha_t' is missing ("));
  EXPECT_THAT(renamed("gt.blocks.0.net.0.weight", "x"), HasSubstr("'gt.blocks.0.net.0.weight' is missing"));
  EXPECT_THAT(renamed("gt.blocks.1.net.0.weight", "x"), HasSubstr("'gt.blocks.1.weight' is missing"));
  EXPECT_THAT(changed([](DdpmBytes& b) { b.add("more", {1}, {0.0F}); }), HasSubstr("tensor 'more' is not expected"));
  EXPECT_THAT(reshaped("gt.blocks.0.net.1.bias", {9, 7, 6}), HasSubstr("has shape [9, 7, 6] ([9, 6, 7] was expected"));
  EXPECT_THAT(reshaped("gt.blocks.1.net.0.weight", {5, 3, 3, 9}), HasSubstr("([-1, 9, -1, -1] was expected"));
  EXPECT_THAT(reshaped("gt.blocks.1.net.0.weight", {5, 9, 1, 9}), HasSubstr("square and odd"));
  EXPECT_THAT(reshaped("gt.time_embed.0.weight", {6, 12}), HasSubstr("tensor 'gt.time_embed.0.weight' has shape"));
  EXPECT_THAT(reshaped("gt.frequencies", {3, 1}), HasSubstr("([-1] was expected"));
  EXPECT_THAT(with_number("beta_t", 2, 1.5F), HasSubstr("beta_t[2] = 1.5"));
  EXPECT_THAT(with_number("alpha_t", 4, 0.99F), HasSubstr("alpha_t[4] = 0.99"));
  EXPECT_THAT(with_number("gt.frequencies", 1, 1e7F), HasSubstr("holds 10000000"));
  EXPECT_THAT(with_number("gt.blocks.0.net.1.weight", 7, NAN),
              HasSubstr("tensor 'gt.blocks.0.net.1.weight' holds NaN at byte "));
}

}  // namespace
}  // namespace orrery::kernels::model
