#include "kernels/attention.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

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
  Cache(const Case& c, int capacity, KvType type = KvType::fp32) {
    view.type = type;
    view.kv_heads = c.kv_heads, view.head_dim = c.head_dim, view.capacity = (capacity + 15) / 16 * 16;
    memory = std::vector<std::byte>(view.key_bytes() + view.value_bytes());
    scales = std::vector<float>(2 * view.scale_bytes() / sizeof(float));
    view.keys = memory.data();
    view.values = view.keys + view.key_bytes();
    if (type != KvType::int8) return;
    view.key_scales = scales.data();
    view.value_scales = view.key_scales + scales.size() / 2;
  }
  std::vector<std::byte> memory;
  std::vector<float> scales;
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
Matrix in_chunks(const Case& c, const Inputs& in, const std::vector<int>& chunks, Workspace& workspace,
                 KvType type = KvType::fp32) {
  Cache cache(c, in.q.rows(), type);
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

Matrix twin(const Case& c, const Inputs& in, KvType type = KvType::fp32, const kernels::Numerics& numerics = {}) {
  Cache cache(c, in.q.rows(), type);
  store_kv(in.k, in.v, 0, cache.view);
  Matrix out(in.q.rows(), in.q.cols());
  ref::attention(in.q, c.heads, 0, cache.view, out, numerics);
  return out;
}

TEST(Attention, EqualsTheTwinBitForBitForAnyChunkingPathAndThreads) {
  Numbers numbers(1);
  for (const Case& c : cases) {
    for (const int positions : {1, 16, 37, 150}) {
      const Inputs in(numbers, c, positions);
      const Matrix want = twin(c, in);
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

// Random shapes, cache types and orders of summation; what the profiles of numerics vary.
TEST(Attention, EqualsTheTwinForEveryCacheAndEveryNumerics) {
  Numbers numbers(5);
  for (int round = 0; round < 16; ++round) {
    const int kv_heads = numbers.integer(1, 4);
    const Case c{kv_heads * numbers.integer(1, 9), kv_heads, 2 * numbers.integer(1, 36)};
    const kernels::Numerics choice{.position_block = 16 * numbers.integer(1, 6),
                                   .softmax = numbers.integer(0, 1) == 0 ? Softmax::two_pass : Softmax::online};
    const Inputs in(numbers, c, numbers.integer(1, 130));
    for (const KvType type : kv_types) {
      const Matrix want = twin(c, in, type, choice);
      for (const Isa isa : isas()) {
        Workspace workspace({isa, numbers.integer(1, 3)}, choice);
        const std::vector<int> chunks{numbers.integer(1, 64), 1, numbers.integer(1, 9)};
        EXPECT_TRUE(same_bits(in_chunks(c, in, chunks, workspace, type), want))
            << name(isa) << " " << name(type) << " " << c.heads << "/" << c.kv_heads << " " << c.head_dim << " "
            << in.q.rows() << " " << choice.position_block;
      }
    }
  }
}

TEST(Attention, LongContextsCrossTheBlockOf256) {
  Numbers numbers(2);
  const Case c{4, 2, 32};
  const Inputs in(numbers, c, 600);
  const Matrix want = twin(c, in);
  Workspace one, two({best_isa(), 2});
  EXPECT_TRUE(same_bits(in_chunks(c, in, {600}, one), want));
  EXPECT_TRUE(same_bits(in_chunks(c, in, {100, 1, 200}, two), want));
}

// What lies in the cache beyond a query's position, from a longer sequence before it, has no effect: not even NaN.
TEST(Attention, IgnoresWhatIsLeftOverInTheCache) {
  Numbers numbers(3);
  const Case c{4, 2, 24};
  Inputs old(numbers, c, 60);
  const Inputs in(numbers, c, 21);
  for (float& value : old.v.span()) value = NAN;
  for (float& value : old.k.span()) value = NAN;
  for (const KvType type : kv_types) {
    Cache fresh(c, 60, type), used(c, 60, type);
    store_kv(old.k, old.v, 0, used.view);
    Matrix a(21, in.q.cols()), b(21, in.q.cols());
    Workspace workspace;
    for (Cache* cache : {&fresh, &used}) {
      store_kv(in.k, in.v, 0, cache->view);
      attention(in.q, c.heads, 0, cache->view, cache == &fresh ? a : b, workspace);
    }
    EXPECT_TRUE(same_bits(a, b)) << name(type);
  }
}

// Without the mask: the twin's bits, whichever rows are asked for together; and the last row sees what it sees with it.
TEST(Attention, UnmaskedEqualsTheTwinBitForBit) {
  Numbers numbers(8);
  for (const Case& c : cases) {
    const Inputs in(numbers, c, 37);
    for (const KvType type : kv_types) {
      for (const Softmax softmax : {Softmax::two_pass, Softmax::online}) {
        const kernels::Numerics numerics{.position_block = 16, .softmax = softmax};
        Cache cache(c, 37, type);
        store_kv(in.k, in.v, 0, cache.view);
        Matrix want(37, in.q.cols()), out(37, in.q.cols());
        ref::attention_unmasked(in.q, c.heads, 37, cache.view, want, numerics);
        for (const Isa isa : isas()) {
          Workspace workspace({isa, numbers.integer(1, 2)}, numerics);
          const int cut = numbers.integer(1, 36);
          for (const auto& [first, rows] : {std::pair(0, cut), std::pair(cut, 37 - cut)})
            attention_unmasked(in.q.view().slice_rows(first, rows), c.heads, 37, cache.view,
                               out.view().slice_rows(first, rows), workspace);
          EXPECT_TRUE(same_bits(out, want)) << name(isa) << " " << name(type);
        }
        const Matrix masked = twin(c, in, type, numerics);
        EXPECT_TRUE(same_bits(want.view().slice_rows(36, 1), masked.view().slice_rows(36, 1)));
        EXPECT_FALSE(same_bits(want.view().slice_rows(0, 36), masked.view().slice_rows(0, 36)));
      }
    }
  }
}

TEST(Attention, ANaNInTheCacheIsSeen) {
  Numbers numbers(6);
  const Case c{4, 2, 24};
  for (const KvType type : kv_types) {
    for (const bool in_key : {false, true}) {
      Inputs in(numbers, c, 30);
      (in_key ? in.k : in.v)(7, 3) = NAN;
      Workspace workspace;
      const Matrix out = in_chunks(c, in, {30}, workspace, type);
      EXPECT_FALSE(std::isnan(out(6, 3))) << name(type);
      EXPECT_TRUE(std::isnan(out(7, 3))) << name(type);
      EXPECT_TRUE(std::isnan(out(29, 3))) << name(type);
    }
  }
}

// Narrow caches and other orders change the result by as much as they should: a little.
TEST(Attention, NarrowCachesStayNear) {
  Numbers numbers(7);
  const Case c{8, 4, 32};
  const Inputs in(numbers, c, 300);
  const Matrix exact = twin(c, in);
  const auto distance = [&](const Matrix& other) {
    double most = 0.0;
    for (std::size_t i = 0; i < exact.size(); ++i)
      most = std::max<double>(most, std::abs(other.data()[i] - exact.data()[i]));
    return most;
  };
  EXPECT_LT(distance(twin(c, in, KvType::fp32, {.position_block = 64, .softmax = Softmax::online})), 1e-5);
  EXPECT_GT(distance(twin(c, in, KvType::fp32, {.position_block = 64, .softmax = Softmax::online})), 0.0);
  const double bf16 = distance(twin(c, in, KvType::bf16)), int8 = distance(twin(c, in, KvType::int8));
  const double e4m3 = distance(twin(c, in, KvType::e4m3));
  EXPECT_LT(bf16, 0.02);
  EXPECT_LT(int8, 0.02);
  EXPECT_LT(e4m3, 0.2);
  EXPECT_GT(e4m3, 2 * bf16);
}

// The bound that attention.hpp states.
TEST(Attention, ErrorStaysWithinTheBound) {
  Numbers numbers(4);
  for (const Case& c : cases) {
    const int positions = 90;
    const Inputs in(numbers, c, positions);
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
