#include "kernels/ivf.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "tests/kernels/random_matrix.hpp"

namespace orrery::kernels {
namespace {

constexpr WeightType types[] = {WeightType::fp32, WeightType::bf16, WeightType::int8, WeightType::int4};

// `groups` clouds of points around far centres, a point of each in turn.
Matrix clouds(Numbers& numbers, int points, int cols, int groups) {
  const Matrix centres = random_matrix(numbers, groups, cols, 10.0F);
  Matrix out = random_matrix(numbers, points, cols);
  for (int r = 0; r < points; ++r)
    for (int i = 0; i < cols; ++i) out(r, i) += centres(r % groups, i);
  return out;
}

std::vector<Hit> found(const Ivf& index, ConstMatrixView queries, int k, int probes, Cpu cpu = {}, Numerics n = {}) {
  Workspace workspace(cpu, n);
  std::vector<Hit> hits(static_cast<std::size_t>(queries.rows) * static_cast<std::size_t>(k));
  index.search(queries, k, probes, hits, workspace);
  return hits;
}

std::vector<Hit> exact(ConstMatrixView queries, const PackedMatrix& rows, int k) {
  Workspace workspace;
  std::vector<Hit> hits(static_cast<std::size_t>(queries.rows) * static_cast<std::size_t>(k));
  top_k(queries, rows, k, hits, workspace);
  return hits;
}

TEST(Ivf, ListsEqualTheTwinsBitForBitOnEveryPathAndAnyThreads) {
  Numbers numbers(1);
  struct Case {
    int rows, cols, lists;
  };
  for (const Case& c : {Case{1, 1, 1}, {40, 5, 40}, {300, 24, 7}, {530, 70, 16}}) {
    const Matrix rows = random_matrix(numbers, c.rows, c.cols);
    for (const int k_block : {256, 16}) {
      const Clusters want = ref::cluster(rows, c.lists, 6, k_block);
      for (const Isa isa : isas())
        for (const int threads : {1, 2}) {
          Workspace workspace({isa, threads}, {k_block});
          const Clusters got = cluster(rows, c.lists, 6, workspace);
          EXPECT_EQ(got.of, want.of) << name(isa);
          EXPECT_TRUE(same_bits(got.centres, want.centres)) << name(isa);
        }
    }
  }
}

TEST(Ivf, HitsEqualTheTwinsInEveryType) {
  Numbers numbers(2);
  const Matrix rows = random_matrix(numbers, 300, 40), queries = random_matrix(numbers, 270, 40);
  const Clusters clusters = ref::cluster(rows, 12, 5);
  for (const WeightType type : types) {
    const std::vector<std::byte> encoded = encode(type, rows);
    const Ivf index(rows, clusters, type);
    for (const int probes : {1, 5, 12}) {
      std::vector<Hit> want(270 * 8);
      ref::ivf_search(clusters, {type, encoded, 300, 40}, queries, 8, probes, want);
      for (const Isa isa : isas())
        for (const int threads : {1, 3})
          EXPECT_EQ(found(index, queries, 8, probes, {isa, threads}), want) << name(type) << " " << name(isa);
      // One query alone.
      EXPECT_EQ(found(index, queries.view().slice_rows(269, 1), 8, probes),
                std::vector<Hit>(want.end() - 8, want.end()));
    }
  }
}

TEST(Ivf, WithAllListsItIsExactSearchAndWithFewerItFindsNoMore) {
  Numbers numbers(3);
  const Matrix rows = clouds(numbers, 600, 16, 20), queries = clouds(numbers, 50, 16, 20);
  Workspace workspace;
  const Clusters clusters = cluster(rows, 20, 20, workspace);
  const Ivf index(rows, clusters);
  const std::vector<Hit> want = exact(queries, PackedMatrix(rows), 10);
  EXPECT_EQ(found(index, queries, 10, 20), want);
  double last = 0.0;
  for (const int probes : {1, 2, 4, 8, 16, 20}) {
    const double share = recall(found(index, queries, 10, probes), want, 10);
    EXPECT_GE(share, last) << probes;  // lists are added, none is taken away
    last = share;
  }
  EXPECT_EQ(last, 1.0);
}

TEST(Ivf, EveryRowIsInTheListOfItsNearestCentre) {
  Numbers numbers(4);
  const Matrix rows = clouds(numbers, 240, 8, 6);
  Workspace workspace;
  const Clusters clusters = cluster(rows, 6, 50, workspace);
  for (int r = 0; r < 240; ++r) {
    const auto distance = [&](int c) {
      double sum = 0.0;
      for (int i = 0; i < 8; ++i) sum += std::pow(static_cast<double>(rows(r, i)) - clusters.centres(c, i), 2);
      return sum;
    };
    const int own = clusters.of[static_cast<std::size_t>(r)];
    for (int c = 0; c < 6; ++c) EXPECT_LE(distance(own), distance(c) * (1 + 1e-4) + 1e-4);
  }
}

TEST(Ivf, ListsWithTooFewRowsAndRowsOfNaN) {
  Matrix rows(5, 1), query(1, 1);
  const float values[] = {0, 0, 0, 100, NAN};
  for (int r = 0; r < 5; ++r) rows(r, 0) = values[r];
  query(0, 0) = 90.0F;
  Workspace workspace;
  const Clusters clusters = cluster(rows.view().slice_rows(0, 4), 2, 5, workspace);
  EXPECT_EQ(clusters.of, (std::vector<int>{0, 0, 0, 1}));
  const std::vector<Hit> hits = found(Ivf(rows.view().slice_rows(0, 4), clusters), query, 3, 1);
  EXPECT_EQ(hits[0], (Hit{3, 9000.0F}));
  EXPECT_EQ(hits[1], (Hit{-1, -INFINITY}));
  EXPECT_EQ(hits[2], hits[1]);
  EXPECT_EQ(cluster(rows, 2, 0, workspace).of.back(), 0);
}

TEST(Ivf, RefusesShapesThatDoNotFit) {
  Workspace workspace;
  const Matrix rows(5, 2);
  EXPECT_THROW(cluster(rows, 0, 1, workspace), ContractError);
  EXPECT_THROW(cluster(rows, 6, 1, workspace), ContractError);
  const Ivf index(rows, cluster(rows, 2, 1, workspace));
  std::vector<Hit> hits(2);
  EXPECT_THROW(index.search(Matrix(1, 2), 2, 0, hits, workspace), ContractError);
  EXPECT_THROW(index.search(Matrix(1, 2), 2, 3, hits, workspace), ContractError);
  EXPECT_THROW(index.search(Matrix(1, 3), 2, 1, hits, workspace), ContractError);
  EXPECT_THROW(index.search(Matrix(2, 2), 2, 1, hits, workspace), ContractError);
}

}  // namespace
}  // namespace orrery::kernels
