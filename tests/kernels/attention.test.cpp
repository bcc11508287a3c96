#include "kernels/attention.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "tests/kernels/random_matrix.hpp"

namespace orrery::kernels {
namespace {

struct Case {
  int heads, kv_heads, head_dim;
};
const Case cases[] = {{1, 1, 2}, {8, 4, 8}, {4, 2, 32}, {6, 1, 20}, {5, 5, 48}, {7, 1, 64}, {4, 4, 128}};

// A cache with memory of its own.
struct Cache {
  Cache(const Case& c, int capacity) : view{nullptr, nullptr, c.kv_heads, c.head_dim, (capacity + 15) / 16 * 16} {
    keys = Matrix(1, static_cast<int>(view.key_floats()));
    values = Matrix(1, static_cast<int>(view.value_floats()));
    view.keys = keys.data();
    view.values = values.data();
  }
  Matrix keys, values;
  KvView view;
};

struct Inputs {
  Inputs(Numbers& numbers, const Case& c, int positions)
      : q(random_matrix(numbers, positions, c.heads * c.head_dim, 3.0F)),
        k(random_matrix(numbers, positions, c.kv_heads * c.head_dim)),
        v(random_matrix(numbers, positions, c.kv_heads * c.head_dim)) {}
  Matrix q, k, v;
};

// Stores and attends in chunks of the given lengths, over and over until all positions are done.
Matrix in_chunks(const Case& c, const Inputs& in, const std::vector<int>& chunks, Workspace& workspace) {
  Cache cache(c, in.q.rows());
  Matrix out(in.q.rows(), in.q.cols());
  std::size_t next = 0;
  for (int at = 0; at < in.q.rows();) {
    const int m = std::min(chunks[next++ % chunks.size()], in.q.rows() - at);
    store_kv(in.k.view().slice_rows(at, m), in.v.view().slice_rows(at, m), at, cache.view);
    attention(in.q.view().slice_rows(at, m), c.heads, at, cache.view, out.view().slice_rows(at, m), workspace);
    at += m;
  }
  return out;
}

TEST(Attention, EqualsTheTwinBitForBitForAnyChunkingPathAndThreads) {
  Numbers numbers(1);
  for (const Case& c : cases) {
    for (const int positions : {1, 16, 37, 150}) {
      const Inputs in(numbers, c, positions);
      Cache cache(c, positions);
      store_kv(in.k, in.v, 0, cache.view);
      Matrix want(positions, in.q.cols());
      ref::attention(in.q, c.heads, 0, cache.view, want);
      for (const Isa isa : isas()) {
        for (const int threads : {1, 3}) {
          Workspace workspace({isa, threads});
          for (const std::vector<int>& chunks : {std::vector{positions}, {1}, {7}, {16}, {1, 5, 30, 2}})
            EXPECT_TRUE(same_bits(in_chunks(c, in, chunks, workspace), want))
                << name(isa) << " " << c.heads << " " << c.head_dim << " " << positions << " " << chunks[0];
        }
      }
    }
  }
}

TEST(Attention, LongContextsCrossTheBlockOf256) {
  Numbers numbers(2);
  const Case c{4, 2, 32};
  const Inputs in(numbers, c, 600);
  Cache cache(c, 600);
  store_kv(in.k, in.v, 0, cache.view);
  Matrix want(600, in.q.cols());
  ref::attention(in.q, c.heads, 0, cache.view, want);
  Workspace one, two({best_isa(), 2});
  EXPECT_TRUE(same_bits(in_chunks(c, in, {600}, one), want));
  EXPECT_TRUE(same_bits(in_chunks(c, in, {100, 1, 200}, two), want));
}

// What lies in the cache beyond a query's position, from a longer sequence before it, has no effect.
TEST(Attention, IgnoresWhatIsLeftOverInTheCache) {
  Numbers numbers(3);
  const Case c{4, 2, 24};
  const Inputs old(numbers, c, 60), in(numbers, c, 21);
  Cache fresh(c, 60), used(c, 60);
  store_kv(old.k, old.v, 0, used.view);
  Matrix a(21, in.q.cols()), b(21, in.q.cols());
  Workspace workspace;
  for (Cache* cache : {&fresh, &used}) {
    store_kv(in.k, in.v, 0, cache->view);
    attention(in.q, c.heads, 0, cache->view, cache == &fresh ? a : b, workspace);
  }
  EXPECT_TRUE(same_bits(a, b));
}

// The bound that attention.hpp states.
TEST(Attention, ErrorStaysWithinTheBound) {
  Numbers numbers(4);
  for (const Case& c : cases) {
    const int positions = 90;
    const Inputs in(numbers, c, positions);
    Cache cache(c, positions);
    Workspace workspace;
    const Matrix out = in_chunks(c, in, {positions}, workspace);
    for (int p = 0; p < positions; ++p) {
      for (int h = 0; h < c.heads; ++h) {
        const int from = h / (c.heads / c.kv_heads) * c.head_dim;
        std::vector<double> score;
        double size = 0.0, top = -1e300, total = 0.0, largest = 0.0;
        for (int j = 0; j <= p; ++j) {
          double sum = 0.0, absolute = 0.0;
          for (int d = 0; d < c.head_dim; ++d) {
            const double term = static_cast<double>(in.q(p, h * c.head_dim + d)) * in.k(j, from + d);
            sum += term, absolute += std::abs(term);
            largest = std::max<double>(largest, std::abs(in.v(j, from + d)));
          }
          score.push_back(sum / std::sqrt(c.head_dim));
          size = std::max(size, absolute / std::sqrt(c.head_dim));
          top = std::max(top, score.back());
        }
        for (double& s : score) total += s = std::exp(s - top);
        const double bound = (2 * (c.head_dim + 4) * size + p / 16.0 + 16 + 256 + p / 256.0 + 2) * u * largest;
        for (int d = 0; d < c.head_dim; ++d) {
          double exact = 0.0;
          for (int j = 0; j <= p; ++j) exact += score[static_cast<std::size_t>(j)] / total * in.v(j, from + d);
          ASSERT_NEAR(out(p, h * c.head_dim + d), exact, bound);
        }
      }
    }
  }
}

}  // namespace
}  // namespace orrery::kernels
