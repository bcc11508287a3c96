#include "kernels/mlp.hpp"

#include "kernels/elementary.hpp"

namespace orrery::kernels::ref {

void swiglu(ConstMatrixView gate, ConstMatrixView up, MatrixView h) {
  for (int r = 0; r < h.rows; ++r)
    for (int i = 0; i < h.cols; ++i) h(r, i) = gate(r, i) / (1.0F + exp_fp32(-gate(r, i))) * up(r, i);
}

}  // namespace orrery::kernels::ref
