#include "kernels/model/dit.hpp"

#include <gtest/gtest.h>

#include "kernels/mlp.hpp"
#include "tests/kernels/model/transformer_reference.hpp"

namespace orrery::kernels::model {
namespace {

struct Block {
  int heads;
  RawLinear condition, qkv, output, up, down;
  DitBlock packed;

  Block(Numbers& numbers, int head_count, int h, int f)
      : heads(head_count),
        condition(numbers, 6 * h, h),
        qkv(numbers, 3 * h, h),
        output(numbers, h, h),
        up(numbers, f, h),
        down(numbers, h, f),
        packed{heads, condition.packed(), qkv.packed(), output.packed(), up.packed(), down.packed()} {}
  int hidden() const { return qkv.w.cols(); }

  // One image [tokens, h] under the condition c [1, h], from the twins.
  Matrix twin(const Matrix& image, const Matrix& c, const Numerics& numerics) const {
    const Twins t{numerics};
    const int h = hidden();
    Matrix active(1, h);
    ref::silu(c, active);
    const Matrix parts = t.linear(t.rounded(std::move(active)), condition);
    const auto part = [&](int i) { return parts.view().slice_cols(i * h, h).row_span(0); };
    const auto modulated = [&](const Matrix& x, int i) {
      std::vector<float> w(part(i + 1).begin(), part(i + 1).end());
      for (float& v : w) v += 1.0F;
      return t.norm(x, w, part(i), 1e-6F);
    };
    const auto gated = [&](Matrix x, int i, const Matrix& y) {
      ref::add_gated(x, part(i), y);
      return t.rounded(std::move(x));
    };
    Matrix x = Matrix::copy(image);
    // x is read before it is given away: in which order arguments are made, nobody says.
    const Matrix attended = t.linear(t.attention(t.linear(modulated(x, 0), qkv), heads), output);
    x = gated(std::move(x), 2, attended);
    const Matrix passed = t.linear(t.gelu(t.linear(modulated(x, 3), up), Gelu::tanh), down);
    return gated(std::move(x), 5, passed);
  }

  Rows in_doubles(const Matrix& image, const Matrix& condition_row) const {
    Rows c = in_double(condition_row.view());
    for (double& v : c[0]) v = v / (1 + std::exp(-v));
    const std::vector<double> parts = in_double(c, condition)[0];
    const auto h = static_cast<std::size_t>(hidden());
    const auto modulated = [&](const Rows& x, std::size_t i) {
      Rows m = standardised(x, 1e-6);
      for (auto& row : m)
        for (std::size_t j = 0; j < h; ++j) row[j] = row[j] * (1 + parts[(i + 1) * h + j]) + parts[i * h + j];
      return m;
    };
    const auto add_gated = [&](Rows& x, std::size_t i, const Rows& y) {
      for (std::size_t r = 0; r < x.size(); ++r)
        for (std::size_t j = 0; j < h; ++j) x[r][j] += parts[i * h + j] * y[r][j];
    };
    Rows x = in_double(image.view());
    add_gated(x, 2, in_double(attended(in_double(modulated(x, 0), qkv), heads), output));
    Rows wide = in_double(modulated(x, 3), up);
    for (auto& row : wide)
      for (double& v : row) v = 0.5 * v * (1 + std::tanh(std::sqrt(2 / M_PI) * (v + 0.044715 * v * v * v)));
    add_gated(x, 5, in_double(wide, down));
    return x;
  }
};

Block random_block(Numbers& numbers) {
  const int heads = numbers.integer(1, 4);
  return Block(numbers, heads, heads * numbers.integer(2, 19), numbers.integer(3, 90));
}

TEST(Dit, EqualsTheTwinsBitForBitInAnyBatchOnEveryPath) {
  Numbers numbers(1);
  for (int trial = 0; trial < 12; ++trial) {
    const Block block = random_block(numbers);
    const int images = numbers.integer(1, 4), tokens = numbers.integer(1, 40), h = block.hidden();
    const Matrix x = random_matrix(numbers, images * tokens, h, 2), c = random_matrix(numbers, images, h, 2);
    const Numerics numerics = arithmetic(trial);
    Matrix want(x.rows(), h);
    for (int i = 0; i < images; ++i) {
      const Matrix one = block.twin(Matrix::copy(x.view().slice_rows(i * tokens, tokens)),
                                    Matrix::copy(c.view().slice_rows(i, 1)), numerics);
      std::copy_n(one.data(), one.size(), want.row(i * tokens));
    }
    for (const Isa isa : isas()) {
      for (const int threads : {1, 3}) {
        Matrix got = Matrix::copy(x);
        Workspace workspace({isa, threads}, numerics);
        forward_dit(block.packed, got, c, workspace);
        EXPECT_TRUE(same_bits(got, want)) << name(isa) << threads << " trial " << trial;
      }
    }
  }
}

// Two chains of products with numbers near one and a norm before each: a few hundred roundings of numbers near ten.
TEST(Dit, IsCloseToAComputationInDouble) {
  Numbers numbers(2);
  for (int trial = 0; trial < 6; ++trial) {
    const Block block = random_block(numbers);
    const Matrix x = random_matrix(numbers, numbers.integer(2, 30), block.hidden(), 2);
    const Matrix c = random_matrix(numbers, 1, block.hidden(), 2);
    Matrix got = Matrix::copy(x);
    Workspace workspace;
    forward_dit(block.packed, got, c, workspace);
    expect_near(got, block.in_doubles(x, c), 300 * u * 10);
  }
}

TEST(Dit, AClosedGateLeavesTheImageAsItIs) {
  Numbers numbers(3);
  Block block(numbers, 2, 12, 20);
  for (const int part : {2, 5}) {
    for (int r = part * 12; r < (part + 1) * 12; ++r) {
      std::fill_n(block.condition.w.row(r), 12, 0.0F);
      block.condition.b[static_cast<std::size_t>(r)] = 0.0F;
    }
  }
  block.packed.condition = block.condition.packed();
  const Matrix x = random_matrix(numbers, 9, 12), c = random_matrix(numbers, 1, 12);
  Matrix got = Matrix::copy(x);
  Workspace workspace;
  forward_dit(block.packed, got, c, workspace);
  EXPECT_TRUE(same_bits(got, x));
}

TEST(Dit, PatchesAreSquaresOfTheImage) {
  Numbers numbers(4);
  const Matrix image = random_matrix(numbers, 2, 4 * 6);  // 4 rows of 6 pixels
  Matrix patches(6, 8), back(2, 24);
  patchify(image, 4, 2, patches);
  // Patch 4 is the second one of the lower row: its third number of channel 1 is pixel (3, 2).
  EXPECT_EQ(patches(4, 1 * 4 + 2), image(1, 3 * 6 + 2));
  unpatchify(patches, 4, 2, back);
  EXPECT_TRUE(same_bits(back, image));
  EXPECT_THROW(patchify(image, 4, 3, patches), ContractError);
}

// The embedding of a patch is a convolution that moves by whole patches.
TEST(Dit, EmbedsPatchesWithTheirPlaces) {
  Numbers numbers(5);
  const RawLinear embedding(numbers, 10, 8);
  const Matrix image = random_matrix(numbers, 2, 24), positions = random_matrix(numbers, 6, 10);
  Matrix patches(6, 8), tokens(6, 10);
  patchify(image, 4, 2, patches);
  Workspace workspace;
  embed_patches(patches, embedding.packed(), positions, tokens, workspace);
  for (int p = 0; p < 6; ++p)
    for (int o = 0; o < 10; ++o) {
      double sum = static_cast<double>(embedding.b[static_cast<std::size_t>(o)]) + positions(p, o);
      for (int c = 0; c < 2; ++c)
        for (int i = 0; i < 2; ++i)
          for (int j = 0; j < 2; ++j)
            sum += static_cast<double>(embedding.w(o, (c * 2 + i) * 2 + j)) *
                   image(c, (p / 3 * 2 + i) * 6 + p % 3 * 2 + j);
      EXPECT_NEAR(tokens(p, o), sum, 20 * u * 4);
    }
}

TEST(Dit, RefusesShapesThatDoNotFitAndAllocatesNothingTheSecondTime) {
  Numbers numbers(6);
  const Block block(numbers, 2, 12, 20);
  Matrix x = random_matrix(numbers, 9, 12);
  const Matrix two(2, 12), narrow(3, 11), three(3, 12);
  Workspace workspace;
  EXPECT_THROW(forward_dit(block.packed, x, two, workspace), ContractError);
  EXPECT_THROW(forward_dit(block.packed, x, narrow, workspace), ContractError);
  forward_dit(block.packed, x, three, workspace);
  const std::size_t after_first = workspace.allocations();
  forward_dit(block.packed, x, three, workspace);
  EXPECT_EQ(workspace.allocations(), after_first);
}

}  // namespace
}  // namespace orrery::kernels::model
