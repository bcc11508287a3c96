#include "kernels/moe.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "tests/kernels/random_matrix.hpp"

namespace orrery::kernels {
namespace {

constexpr WeightType types[] = {WeightType::fp32, WeightType::bf16, WeightType::int8, WeightType::int4};

// A layer in some type of weights, packed and as the twin reads it.
struct Layer {
  struct Bytes {
    std::vector<std::byte> gate, up, down;
  };
  int hidden, ffn, active;
  Matrix router;
  PackedMatrix packed_router;
  std::vector<Bytes> bytes;
  std::vector<ExpertWeights> experts;
  std::vector<ref::Expert> twins;

  Layer(Numbers& numbers, int experts_count, int active_count, int hidden_size, int ffn_size, WeightType type)
      : hidden(hidden_size),
        ffn(ffn_size),
        active(active_count),
        router(random_matrix(numbers, experts_count, hidden_size)),
        packed_router(router) {
    for (int e = 0; e < experts_count; ++e) {
      const Matrix gate = random_matrix(numbers, ffn, hidden), up = random_matrix(numbers, ffn, hidden);
      const Matrix down = random_matrix(numbers, hidden, ffn);
      bytes.push_back({encode(type, gate), encode(type, up), encode(type, down)});
      ExpertWeights& w = experts.emplace_back(ExpertWeights{
          PackedMatrix(2 * ffn, hidden, type), PackedMatrix(EncodedView{type, bytes.back().down, hidden, ffn})});
      w.gate_up.set_rows(0, EncodedView{type, bytes.back().gate, ffn, hidden});
      w.gate_up.set_rows(ffn, EncodedView{type, bytes.back().up, ffn, hidden});
    }
    for (const Bytes& b : bytes)
      twins.push_back({{type, b.gate, ffn, hidden}, {type, b.up, ffn, hidden}, {type, b.down, hidden, ffn}});
  }
  void fast(ConstMatrixView x, MatrixView y, Workspace& workspace) const {
    LocalExperts local(experts);
    moe(x, packed_router, active, local, y, workspace);
  }
  Matrix want(ConstMatrixView x, const Numerics& numerics = {}) const {
    Matrix y(x.rows, hidden);
    ref::moe(x, router, active, twins, y, numerics);
    return y;
  }
};

struct Routed {
  std::vector<int> expert;
  std::vector<float> weight;
  Routing view;
  Routed(int rows, int active)
      : expert(static_cast<std::size_t>(rows * active)), weight(expert.size()), view{active, expert, weight} {}
};

TEST(Route, EqualsTheTwinBitForBitAlsoOnTies) {
  Numbers numbers(1);
  for (int round = 0; round < 300; ++round) {
    const int experts = numbers.integer(1, 70), active = numbers.integer(1, std::min(experts, 9)), rows = 5;
    Matrix logits = random_matrix(numbers, rows, experts, 20.0F);
    // Few different values: most choices are between equals.
    if (round % 2 == 0)
      for (float& l : logits.span()) l = std::nearbyint(l / 10.0F);
    Routed got(rows, active), want(rows, active);
    route(logits, got.view);
    ref::route(logits, want.view);
    EXPECT_EQ(got.expert, want.expert);
    const int n = rows * active;
    EXPECT_TRUE(same_bits({got.weight.data(), 1, n, n}, {want.weight.data(), 1, n, n}));
  }
}

TEST(Route, TakesTheLowerOfEqualsAndNaNLast) {
  const float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
  const auto chosen = [](std::vector<float> logits, int active) {
    const int n = static_cast<int>(logits.size());
    Routed out(1, active);
    route({logits.data(), 1, n, n}, out.view);
    Routed twin(1, active);
    ref::route({logits.data(), 1, n, n}, twin.view);
    EXPECT_EQ(out.expert, twin.expert);
    return out.expert;
  };
  EXPECT_EQ(chosen({1, 1, 1, 1}, 2), (std::vector<int>{0, 1}));
  EXPECT_EQ(chosen({0, 3, 1, 3, 3}, 2), (std::vector<int>{1, 3}));
  EXPECT_EQ(chosen({0.0F, -0.0F, -1}, 1), (std::vector<int>{0}));
  EXPECT_EQ(chosen({-0.0F, 0.0F, -1}, 1), (std::vector<int>{0}));
  EXPECT_EQ(chosen({nan, -infinity, nan, 2}, 2), (std::vector<int>{1, 3}));
  EXPECT_EQ(chosen({nan, -infinity, nan, 2}, 3), (std::vector<int>{0, 1, 3}));
  Routed one(1, 1);
  const float logit = 7;
  route({&logit, 1, 1, 1}, one.view);
  EXPECT_EQ(one.weight[0], 1.0F);
}

TEST(Group, PutsPairsTogetherByExpertInOrderOfRows) {
  Numbers numbers(2);
  for (int round = 0; round < 50; ++round) {
    const int experts = numbers.integer(2, 20), active = 2, rows = numbers.integer(0, 40);
    Routed routed(rows, active);
    if (rows > 0) route(random_matrix(numbers, rows, experts), routed.view);
    std::vector<int> first(static_cast<std::size_t>(experts) + 1), place(routed.expert.size());
    group(routed.view, first, place);
    EXPECT_EQ(first.front(), 0);
    EXPECT_EQ(first.back(), rows * active);
    std::vector<int> pair_at(place.size(), -1);
    for (std::size_t p = 0; p < place.size(); ++p) {
      const auto e = static_cast<std::size_t>(routed.expert[p]);
      EXPECT_LE(first[e], place[p]);
      EXPECT_LT(place[p], first[e + 1]);
      pair_at[static_cast<std::size_t>(place[p])] = static_cast<int>(p);
    }
    for (int e = 0; e < experts; ++e)
      for (int at = first[static_cast<std::size_t>(e)] + 1; at < first[static_cast<std::size_t>(e) + 1]; ++at)
        EXPECT_LT(pair_at[static_cast<std::size_t>(at) - 1], pair_at[static_cast<std::size_t>(at)]);
  }
}

TEST(Moe, EqualsTheTwinBitForBitForAnyShapeTypePathAndThreadCount) {
  Numbers numbers(3);
  for (int round = 0; round < 40; ++round) {
    const int experts = numbers.integer(1, 9), active = numbers.integer(1, std::min(experts, 3));
    const WeightType type = types[round % 4];
    const Layer layer(numbers, experts, active, numbers.integer(1, 300), numbers.integer(1, 150), type);
    const int rows = numbers.integer(1, 30);
    const Matrix x = random_matrix(numbers, rows, layer.hidden), want = layer.want(x);
    for (const Isa isa : isas()) {
      Workspace workspace({isa, numbers.integer(1, 4)});
      Strided y(rows, layer.hidden, 3, round % 16);
      layer.fast(x, y.view(), workspace);
      EXPECT_TRUE(same_bits(y.view(), want)) << name(type) << " " << name(isa) << " " << round;
      EXPECT_TRUE(y.intact());
    }
  }
}

TEST(Moe, RoundsAsTheDeviceDoes) {
  Numbers numbers(4);
  for (const WeightType type : types) {
    const Layer layer(numbers, 5, 2, 96, 70, type);
    const Matrix x = random_matrix(numbers, 7, 96);
    for (const Rounding rounding : {Rounding::bf16, Rounding::fp16}) {
      const Numerics numerics{.k_block = 32, .activations = rounding};
      Workspace workspace({}, numerics);
      Matrix y(7, 96);
      layer.fast(x, y, workspace);
      EXPECT_TRUE(same_bits(y, layer.want(x, numerics))) << name(type) << " " << name(rounding);
    }
  }
}

TEST(Moe, ARowHasTheSameBitsInAnyBatchAndAnyOrder) {
  Numbers numbers(5);
  const int most = 33;
  for (const WeightType type : types) {
    const Layer layer(numbers, 8, 2, 160, 96, type);
    const Matrix x = random_matrix(numbers, most, 160);
    for (const Isa isa : isas()) {
      Workspace workspace({isa, 2});
      Matrix alone(most, 160);
      for (int r = 0; r < most; ++r) layer.fast(x.view().slice_rows(r, 1), alone.view().slice_rows(r, 1), workspace);
      for (int m = 2; m <= most; m += isa == Isa::portable ? 9 : 3) {
        Matrix batch(m, 160);
        layer.fast(x.view().slice_rows(most - m, m), batch, workspace);
        EXPECT_TRUE(same_bits(batch, alone.view().slice_rows(most - m, m))) << name(type) << name(isa) << m;
      }
      Matrix turned(most, 160), got(most, 160);
      for (int r = 0; r < most; ++r)
        for (int i = 0; i < 160; ++i) turned(r, i) = x(most - 1 - r, i);
      layer.fast(turned, got, workspace);
      for (int r = 0; r < most; ++r)
        EXPECT_TRUE(same_bits(got.view().slice_rows(r, 1), alone.view().slice_rows(most - 1 - r, 1)));
    }
  }
}

// Runs each expert by itself in another order, row after row, as other processes might.
class Scattered final : public Experts {
 public:
  explicit Scattered(const std::vector<ExpertWeights>& weights) : weights_(weights) {}
  void run(ConstMatrixView x, std::span<const int> first, MatrixView y, Workspace& workspace) override {
    for (std::size_t e = weights_.size(); e-- > 0;) {
      Workspace other({Isa::portable, 1}, workspace.numerics);
      for (int r = first[e + 1] - 1; r >= first[e]; --r)
        expert(x.slice_rows(r, 1), weights_[e], y.slice_rows(r, 1), other);
    }
  }

 private:
  const std::vector<ExpertWeights>& weights_;
};

TEST(Moe, ItDoesNotMatterWhoRunsAnExpertAndWhen) {
  Numbers numbers(6);
  for (const WeightType type : types) {
    const Layer layer(numbers, 6, 3, 64, 48, type);
    const Matrix x = random_matrix(numbers, 25, 64), want = layer.want(x);
    Scattered scattered(layer.experts);
    Workspace workspace;
    Matrix y = Matrix::copy(x);
    moe(y, layer.packed_router, layer.active, scattered, y, workspace);  // in place
    EXPECT_TRUE(same_bits(y, want)) << name(type);
  }
}

// With every expert the same and all of them chosen, the layer is the expert: the weights add up to one.
TEST(Moe, EqualExpertsAreOneExpert) {
  Numbers numbers(7);
  Layer layer(numbers, 1, 1, 64, 48, WeightType::fp32);
  const Matrix x = random_matrix(numbers, 9, 64);
  Workspace workspace;
  Matrix one(9, 64), all(9, 64);
  expert(x, layer.experts[0], one, workspace);
  std::vector<ref::Expert> same(4, layer.twins[0]);
  ref::moe(x, random_matrix(numbers, 4, 64), 4, same, all);
  for (std::size_t i = 0; i < all.size(); ++i)
    EXPECT_NEAR(all.data()[i], one.data()[i], 8 * u * std::abs(one.data()[i]));
  layer.fast(x, all, workspace);
  EXPECT_TRUE(same_bits(all, one));  // p = 1: one product with 1, added to 0
}

TEST(Moe, AllocatesNothingTheSecondTime) {
  Numbers numbers(8);
  const Layer layer(numbers, 4, 2, 64, 48, WeightType::int8);
  const Matrix x = random_matrix(numbers, 12, 64);
  Matrix y(12, 64);
  Workspace workspace;
  layer.fast(x, y, workspace);
  const std::size_t before = workspace.allocations();
  layer.fast(x, y, workspace);
  EXPECT_EQ(workspace.allocations(), before);
}

TEST(Moe, RefusesWhatDoesNotFit) {
  Numbers numbers(9);
  const Layer layer(numbers, 4, 2, 64, 48, WeightType::fp32);
  Workspace workspace;
  Matrix x(3, 63), y(3, 64);
  LocalExperts local(layer.experts), few(std::span(layer.experts).first(3));
  EXPECT_THROW(moe(x, layer.packed_router, 2, local, y, workspace), ContractError);
  EXPECT_THROW(moe(y, layer.packed_router, 5, local, y, workspace), ContractError);
  EXPECT_THROW(moe(y, layer.packed_router, 0, local, y, workspace), ContractError);
  EXPECT_THROW(moe(y, layer.packed_router, 2, few, y, workspace), ContractError);
}

}  // namespace
}  // namespace orrery::kernels
