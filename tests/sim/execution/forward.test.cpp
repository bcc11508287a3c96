#include "sim/execution/forward.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "kernels/quant.hpp"
#include "sim/execution/tape.hpp"
#include "tests/sim/execution/embedded.hpp"

namespace orrery::sim::execution {
namespace {

namespace model = kernels::model;

kernels::Matrix text_rows(BlockStore& store, int rows) {
  const auto ids = store.model().tokenizer()->encode(data::fact("model/heldout.txt").substr(0, 1000));
  return model::embed(store.embedding(), std::span(ids).first(static_cast<std::size_t>(rows)));
}

bool same_bits(kernels::ConstMatrixView a, kernels::ConstMatrixView b) {
  for (int r = 0; r < a.rows; ++r) {
    for (int c = 0; c < a.cols; ++c) {
      if (a(r, c) != b(r, c)) return false;
    }
  }
  return a.rows == b.rows && a.cols == b.cols;
}

double distance(kernels::ConstMatrixView a, kernels::ConstMatrixView b) {
  double difference = 0, norm = 0;
  for (int r = 0; r < a.rows; ++r) {
    for (int c = 0; c < a.cols; ++c) {
      difference += std::pow(static_cast<double>(a(r, c)) - b(r, c), 2);
      norm += std::pow(static_cast<double>(b(r, c)), 2);
    }
  }
  return std::sqrt(difference / norm);
}

// In every profile that holds its weights in full: the kernels round and sum as the profile says.
class Profiles : public ::testing::TestWithParam<NumericsProfile> {};

TEST_P(Profiles, TheKernelsBlockHasTheSameBits) {
  const Arithmetic& arithmetic = GetParam().arithmetic;
  if (arithmetic.weights != Weights::full) GTEST_SKIP() << "the kernels hold no such weights";
  BlockStore store(tests::embedded_model());
  const model::Config& config = store.model().config();
  kernels::Workspace workspace, device({}, numerics_of(arithmetic));
  kernels::Matrix a = text_rows(store, 30), b = text_rows(store, 30);
  model::KvCache one(config, 0, config.layers, 64), two(config, 0, config.layers, 64);
  for (int layer = 0; layer < config.layers; ++layer) {
    const Block& block = store.block(layer, Weights::full);
    model::forward_block(config, *block.weights, a, 0, one, layer, device);
    Operators ops;
    forward(config, block, arithmetic, b, 0, two, layer, workspace, &ops);
    EXPECT_EQ(ops.at(Operators::count - 1).rows(), 30);
    ASSERT_TRUE(same_bits(a, b)) << "block " << layer;
  }
}

INSTANTIATE_TEST_SUITE_P(Forward, Profiles, ::testing::ValuesIn(numerics_profiles()),
                         [](const auto& tested) { return tested.param.name; });

// What each arithmetic does to the last rows, on a scale that anyone can check: eps is 2^-24 (fp32), 2^-11 (fp16), 2^-8
// (bf16); and the order of what saves more.
TEST(Forward, ArithmeticsAreAsFarApartAsTheyShouldBe) {
  BlockStore store(tests::embedded_model());
  kernels::Workspace workspace;
  const BlockSpan all{0, store.model().config().layers};
  const auto last_rows = [&](const Arithmetic& arithmetic) {
    Tape tape(store, workspace, all, 0, 64, {});
    return tape.run({.honest = arithmetic}, text_rows(store, 48), Draw(1, Stream::test, 0));
  };
  const kernels::Matrix exact = last_rows({});
  const auto drift = [&](const Arithmetic& arithmetic) { return distance(last_rows(arithmetic), exact); };
  const double tile = drift({.k_block = 16}), fp16 = drift({.activations = Activations::fp16}),
               bf16 = drift({.activations = Activations::bf16}), fp8 = drift({.kv = KvFormat::fp8}),
               int8 = drift({.weights = Weights::int8}), w8a8 = drift({.weights = Weights::w8a8}),
               int4 = drift({.weights = Weights::int4});
  EXPECT_GT(tile, 0);
  EXPECT_LT(tile, 1e-5);
  EXPECT_GT(fp16, 3 * tile);
  EXPECT_LT(fp16, 1e-2);
  EXPECT_GT(bf16, 3 * fp16);
  EXPECT_LT(bf16, 0.1);
  EXPECT_GT(fp8, fp16);
  EXPECT_GT(int4, 3 * int8);
  EXPECT_LT(int8, 0.1);
  EXPECT_LT(w8a8, 0.2);
  EXPECT_LT(int4, 0.8);
}

TEST(Tape, ChunksAndRecomputationGiveTheSameBits) {
  BlockStore store(tests::embedded_model());
  kernels::Workspace workspace;
  const kernels::Matrix input = text_rows(store, 40);
  const Draw noise(1, Stream::test, 0);
  for (const Arithmetic& arithmetic :
       {Arithmetic{}, {.activations = Activations::bf16}, {.kv = KvFormat::fp8}, {.weights = Weights::w8a8}}) {
    const Conduct conduct{.honest = arithmetic};
    Tape whole(store, workspace, {3, 7}, 10, 64, {}), parts(store, workspace, {3, 7}, 10, 64, {});
    whole.run(conduct, input, noise);
    parts.run(conduct, input.view().slice_rows(0, 25), noise);
    for (int r = 25; r < 40; ++r) parts.run(conduct, input.view().slice_rows(r, 1), noise);
    for (int depth = 0; depth <= 4; ++depth) ASSERT_TRUE(same_bits(whole.tap(depth), parts.tap(depth))) << depth;
    const auto twin = parts.honest_twin(arithmetic);
    for (int depth = 0; depth <= 4; ++depth) ASSERT_TRUE(same_bits(whole.tap(depth), twin->tap(depth))) << depth;
    // The inner values that are worked out later belong to the rows that were recorded.
    const Operators& ops = parts.operators(5);
    kernels::Matrix sum = kernels::Matrix::copy(parts.tap(2));
    for (int r = 0; r < sum.rows(); ++r) {
      for (int c = 0; c < sum.cols(); ++c) {
        const auto rounded = [&](float x) {
          return arithmetic.activations == Activations::bf16 ? kernels::from_bf16(kernels::to_bf16(x)) : x;
        };
        sum(r, c) = rounded(rounded(sum(r, c) + ops.attention(r, c)) + ops.ffn(r, c));
      }
    }
    EXPECT_TRUE(same_bits(sum, parts.tap(3)));
  }
}

TEST(Tape, PassedOverBlocksLeaveRowsAsTheyAre) {
  BlockStore store(tests::embedded_model());
  kernels::Workspace workspace;
  Tape tape(store, workspace, {0, 8}, 0, 64, {});
  tape.run({.run_until = 6, .pass_every = 3}, text_rows(store, 20), Draw(1, Stream::test, 0));
  for (int b = 0; b < 8; ++b) {
    const bool ran = b < 6 && (b + 1) % 3 != 0;
    EXPECT_EQ(same_bits(tape.tap(b), tape.tap(b + 1)), !ran) << "block " << b;
  }
}

TEST(Rounding, E4m3HasTheValuesOfTheFormat) {
  for (const auto& [x, want] : {std::pair{0.0F, 0.0F},
                                {1.0F, 1.0F},
                                {1.0625F, 1.0F},
                                {1.07F, 1.125F},
                                {448.0F, 448.0F},
                                {1e9F, 448.0F},
                                {-3.4F, -3.5F},
                                {0.001953125F, 0.001953125F},
                                {0.0009F, 0.0F},
                                {0.0011F, 0.001953125F}}) {
    EXPECT_EQ(as_e4m3(x), want) << x;
  }
}

TEST(Rounding, IntegerProductsAreExact) {
  Draw draw(3, Stream::test, 0);
  kernels::Matrix x(5, 70), w(9, 70);
  for (float& v : x.span()) v = static_cast<float>(draw.normal());
  for (float& v : w.span()) v = static_cast<float>(draw.normal());
  const Int8Rows qx = to_int8_rows(x), qw = to_int8_rows(w);
  const std::vector<std::int32_t> z = multiply(qx, qw);
  std::size_t next = 0;
  for (int r = 0; r < 5; ++r) {
    for (int c = 0; c < 9; ++c) {
      double exact = 0, bound = 0;
      for (int i = 0; i < 70; ++i) {
        exact += static_cast<double>(x(r, i)) * w(c, i);
        bound += 0.5 * (std::fabs(static_cast<double>(x(r, i))) * qw.scales[static_cast<std::size_t>(c)] +
                        std::fabs(static_cast<double>(w(c, i))) * qx.scales[static_cast<std::size_t>(r)]) +
                 0.25 * qx.scales[static_cast<std::size_t>(r)] * qw.scales[static_cast<std::size_t>(c)];
      }
      const double got = static_cast<double>(z[next++]) * qx.scales[static_cast<std::size_t>(r)] *
                         qw.scales[static_cast<std::size_t>(c)];
      EXPECT_LE(std::fabs(got - exact), 1.001 * bound);
    }
  }
}

}  // namespace
}  // namespace orrery::sim::execution
