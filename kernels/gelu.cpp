#include "kernels/gelu.hpp"

#include "kernels/each_row.hpp"
#include "kernels/gelu_constants.hpp"

#define ORRERY_BODY "kernels/gelu.body.hpp"
#include "kernels/foreach_isa.hpp"

namespace orrery::kernels {

void gelu(Gelu form, ConstMatrixView x, MatrixView y, const Cpu& cpu) {
  EXPECT(x.rows == y.rows && x.cols == y.cols);
  const auto row = by_isa(cpu.isa, ORRERY_EACH(gelu_row));
  each_row(cpu, x.rows, x.cols, [&](int r) { row(form == Gelu::erf, x.row(r), y.row(r), x.cols); });
}

}  // namespace orrery::kernels
