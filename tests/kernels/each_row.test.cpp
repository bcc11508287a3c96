// Rows on several threads: each is worked on once, and has the bits that one thread gives it.
#include "kernels/each_row.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "kernels/gelu.hpp"
#include "kernels/layer_norm.hpp"
#include "kernels/mlp.hpp"
#include "kernels/norm.hpp"
#include "kernels/rope.hpp"
#include "tests/kernels/random_matrix.hpp"

namespace orrery::kernels {
namespace {

TEST(EachRow, IsWorkedOnOnce) {
  for (const int threads : {1, 2, 3, 8}) {
    for (const int rows : {0, 1, 5, 1000}) {
      std::vector<int> times(static_cast<std::size_t>(rows));
      each_row({best_isa(), threads}, rows, 100'000, [&](int r) { ++times[static_cast<std::size_t>(r)]; });
      EXPECT_EQ(times, std::vector<int>(static_cast<std::size_t>(rows), 1)) << threads << " threads";
    }
  }
}

// What goes through it, on enough numbers for threads to share.
TEST(EachRow, HasTheSameBitsOnAnyThread) {
  constexpr int rows = 67, cols = 1600, head_dim = 64;
  Numbers numbers(1);
  const Matrix a = random_matrix(numbers, rows, cols), b = random_matrix(numbers, rows, cols);
  const Matrix w = random_matrix(numbers, 1, cols);
  const RopeTable table(rows + 5, head_dim, 1e4F);
  const auto all = [&](const Cpu& cpu) {
    Matrix y = Matrix::copy(a), z(rows, cols);
    rope(y, 5, table, RopeLayout::half_split, cpu);
    add(y, b, cpu);
    rms_norm(y, w.span(), 1e-5F, z, cpu);
    swiglu(z, b, y, cpu);
    silu(y, z, cpu);
    layer_norm(z, w.span(), b.view().row_span(0), 1e-5F, y, cpu);
    gelu(Gelu::erf, y, z, cpu);
    add_gated(z, w.span(), a, cpu);
    return z;
  };
  const Matrix want = all({best_isa(), 1});
  for (const int threads : {2, 3, 8}) EXPECT_TRUE(same_bits(all({best_isa(), threads}), want)) << threads;
}

}  // namespace
}  // namespace orrery::kernels
