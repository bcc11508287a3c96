#include "kernels/gemm.hpp"

#include <cmath>

namespace orrery::kernels::ref {

void gemm(ConstMatrixView x, ConstMatrixView w, MatrixView y, int k_block) {
  EXPECT(x.cols == w.cols && y.rows == x.rows && y.cols == w.rows && k_block >= 1);
  for (int r = 0; r < y.rows; ++r) {
    for (int c = 0; c < y.cols; ++c) {
      float total = 0.0F;
      for (int k0 = 0; k0 < x.cols; k0 += k_block) {
        float sum = 0.0F;
        for (int i = k0; i < x.cols && i - k0 < k_block; ++i) sum = std::fma(x(r, i), w(c, i), sum);
        total = k0 == 0 ? sum : total + sum;
      }
      y(r, c) = total;
    }
  }
}

}  // namespace orrery::kernels::ref
