#include "kernels/mlp.hpp"

#include <cmath>

#include "kernels/elementary.hpp"

namespace orrery::kernels::ref {

void swiglu(ConstMatrixView gate, ConstMatrixView up, MatrixView h) {
  for (int r = 0; r < h.rows; ++r)
    for (int i = 0; i < h.cols; ++i) h(r, i) = gate(r, i) / (1.0F + exp_fp32(-gate(r, i))) * up(r, i);
}

void silu(ConstMatrixView x, MatrixView y) {
  for (int r = 0; r < y.rows; ++r)
    for (int i = 0; i < y.cols; ++i) y(r, i) = x(r, i) / (1.0F + exp_fp32(-x(r, i)));
}

void add_gated(MatrixView x, std::span<const float> gate, ConstMatrixView y) {
  for (int r = 0; r < x.rows; ++r)
    for (int i = 0; i < x.cols; ++i) x(r, i) = std::fma(gate[static_cast<std::size_t>(i)], y(r, i), x(r, i));
}

}  // namespace orrery::kernels::ref
