#include "kernels/mlp.hpp"

#define ORRERY_BODY "kernels/mlp.body.hpp"
#include "kernels/foreach_isa.hpp"

namespace orrery::kernels {

void swiglu(ConstMatrixView gate, ConstMatrixView up, MatrixView h, const Cpu& cpu) {
  EXPECT(gate.rows == h.rows && up.rows == h.rows && gate.cols == h.cols && up.cols == h.cols);
  const auto row = by_isa(cpu.isa, ORRERY_EACH(swiglu_row));
  for (int r = 0; r < h.rows; ++r) row(gate.row(r), up.row(r), h.row(r), h.cols);
}

void add(MatrixView x, ConstMatrixView y) {
  EXPECT(x.rows == y.rows && x.cols == y.cols);
  for (int r = 0; r < x.rows; ++r) {
    float* to = x.row(r);
    const float* from = y.row(r);
    for (int i = 0; i < x.cols; ++i) to[i] += from[i];
  }
}

}  // namespace orrery::kernels
