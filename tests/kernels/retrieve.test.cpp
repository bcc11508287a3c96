#include "kernels/retrieve.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/gemm.hpp"
#include "tests/kernels/random_matrix.hpp"

namespace orrery::kernels {
namespace {

constexpr WeightType types[] = {WeightType::fp32, WeightType::bf16, WeightType::int8, WeightType::int4};

std::vector<Hit> found(ConstMatrixView queries, const PackedMatrix& rows, int k, Cpu cpu = {}, Numerics numerics = {}) {
  Workspace workspace(cpu, numerics);
  std::vector<Hit> hits(static_cast<std::size_t>(queries.rows) * static_cast<std::size_t>(k));
  top_k(queries, rows, k, hits, workspace);
  return hits;
}

struct Case {
  int queries, rows, cols, k;
};
const Case cases[] = {{1, 1, 1, 1}, {3, 33, 7, 33}, {5, 100, 64, 1}, {2, 257, 300, 10}, {270, 40, 9, 4}};

TEST(Retrieve, EqualsTheTwinBitForBitOnEveryPathInEveryType) {
  Numbers numbers(1);
  for (const Case& c : cases) {
    const Matrix queries = random_matrix(numbers, c.queries, c.cols), rows = random_matrix(numbers, c.rows, c.cols);
    for (const WeightType type : types) {
      const std::vector<std::byte> encoded = encode(type, rows);
      const EncodedView view{type, encoded, c.rows, c.cols};
      const PackedMatrix packed(view);
      for (const int k_block : {256, 64}) {
        std::vector<Hit> want(static_cast<std::size_t>(c.queries * c.k));
        ref::top_k(queries, view, c.k, want, k_block);
        for (const Isa isa : isas())
          EXPECT_EQ(found(queries, packed, c.k, {isa, 1}, {k_block}), want) << name(isa) << " " << name(type);
      }
    }
  }
}

TEST(Retrieve, NeitherBatchesNorThreadsChangeAHit) {
  Numbers numbers(2);
  const Matrix queries = random_matrix(numbers, 70, 33), rows = random_matrix(numbers, 500, 33);
  const PackedMatrix packed(rows);
  const std::vector<Hit> all = found(queries, packed, 7);
  for (int q = 0; q < 70; ++q)
    EXPECT_EQ(found(queries.view().slice_rows(q, 1), packed, 7),
              std::vector<Hit>(all.begin() + 7 * q, all.begin() + 7 * q + 7));
  for (const int threads : {2, 3}) EXPECT_EQ(found(queries, packed, 7, {best_isa(), threads}), all);
}

// Against double arithmetic: whoever is left out is no better than gemm's bound allows.
TEST(Retrieve, NoRowThatIsLeftOutIsBetterByMoreThanTheBound) {
  Numbers numbers(3);
  const Matrix queries = random_matrix(numbers, 9, 120), rows = random_matrix(numbers, 400, 120);
  const std::vector<Hit> hits = found(queries, PackedMatrix(rows), 20);
  for (int q = 0; q < 9; ++q) {
    std::vector<double> exact(400), size(400);
    for (int r = 0; r < 400; ++r)
      for (int i = 0; i < 120; ++i) {
        const double term = static_cast<double>(queries(q, i)) * rows(r, i);
        exact[static_cast<std::size_t>(r)] += term, size[static_cast<std::size_t>(r)] += std::abs(term);
      }
    const Hit* mine = hits.data() + 20 * q;
    std::vector<bool> in(400);
    for (int i = 0; i < 20; ++i) {
      const auto r = static_cast<std::size_t>(mine[i].index);
      EXPECT_FALSE(in[r]);
      in[r] = true;
      EXPECT_NEAR(mine[i].score, exact[r], 121 * u * size[r]);
    }
    for (std::size_t r = 0; r < 400; ++r) {
      if (!in[r]) {
        EXPECT_LE(exact[r] - 121 * u * size[r], mine[19].score);
      }
    }
  }
}

TEST(Retrieve, EqualScoresGoByIndexAndNaNComesLast) {
  Matrix rows(9, 2), query(1, 2);
  query(0, 0) = 1.0F;
  const float values[] = {1, 2, NAN, 2, -INFINITY, 2, INFINITY, -0.0F, 0};
  for (int r = 0; r < 9; ++r) rows(r, 0) = values[r];
  std::vector<int> order;
  for (const Hit& hit : found(query, PackedMatrix(rows), 9)) order.push_back(hit.index);
  EXPECT_EQ(order, (std::vector<int>{6, 1, 3, 5, 0, 7, 8, 4, 2}));
  const std::vector<Hit> two = found(query, PackedMatrix(rows), 3);
  EXPECT_EQ(two[2], (Hit{3, 2.0F}));
}

TEST(Retrieve, BestKeepsTheBestInAnyOrderOfOffers) {
  Numbers numbers(4);
  std::vector<Hit> all;
  for (int i = 0; i < 200; ++i) all.push_back({i, static_cast<float>(numbers.integer(0, 30))});
  std::vector<Hit> want = all;
  std::sort(want.begin(), want.end(), before);
  for (int round = 0; round < 20; ++round) {
    for (std::size_t i = all.size() - 1; i > 0; --i)
      std::swap(all[i], all[static_cast<std::size_t>(numbers.bits() % (i + 1))]);
    std::vector<Hit> kept(17);
    Best best(kept);
    for (const Hit& hit : all) best.offer(hit);
    EXPECT_EQ(best.finish(), 17);
    EXPECT_EQ(kept, std::vector<Hit>(want.begin(), want.begin() + 17));
  }
  std::vector<Hit> roomy(3);
  Best best(roomy);
  best.offer({4, 1.0F});
  EXPECT_EQ(best.finish(), 1);
  EXPECT_EQ(roomy[0], (Hit{4, 1.0F}));
  EXPECT_EQ(roomy[2], (Hit{-1, -std::numeric_limits<float>::infinity()}));
}

TEST(Retrieve, RecallCountsWhatBothHold) {
  const std::vector<Hit> exact{{1, 9}, {2, 8}, {3, 7}, {4, 6}}, other{{2, 8}, {5, 1}, {1, 9}, {4, 6}};
  EXPECT_EQ(recall(exact, exact, 2), 1.0);
  EXPECT_EQ(recall(other, exact, 2), 0.5);
  EXPECT_EQ(recall(other, exact, 4), 0.75);
}

TEST(Retrieve, AllocatesNothingTheSecondTimeAndRefusesShapesThatDoNotFit) {
  Numbers numbers(5);
  const Matrix queries = random_matrix(numbers, 4, 8), rows = random_matrix(numbers, 50, 8);
  const PackedMatrix packed(rows);
  Workspace workspace;
  std::vector<Hit> hits(12);
  top_k(queries, packed, 3, hits, workspace);
  const std::size_t after_first = workspace.allocations();
  top_k(queries, packed, 3, hits, workspace);
  EXPECT_EQ(workspace.allocations(), after_first);
  EXPECT_THROW(top_k(queries, packed, 0, hits, workspace), ContractError);
  EXPECT_THROW(top_k(queries, packed, 51, hits, workspace), ContractError);
  EXPECT_THROW(top_k(queries, packed, 4, hits, workspace), ContractError);
  EXPECT_THROW(top_k(Matrix(4, 9), packed, 3, hits, workspace), ContractError);
}

}  // namespace
}  // namespace orrery::kernels
