#include "kernels/norm.hpp"

#include "kernels/each_row.hpp"

#define ORRERY_BODY "kernels/norm.body.hpp"
#include "kernels/foreach_isa.hpp"

namespace orrery::kernels {

void rms_norm(ConstMatrixView x, std::span<const float> w, float eps, MatrixView y, const Cpu& cpu) {
  EXPECT(y.rows == x.rows && y.cols == x.cols && w.size() == static_cast<std::size_t>(x.cols) && x.cols >= 1);
  const auto row = by_isa(cpu.isa, ORRERY_EACH(rms_norm_row));
  each_row(cpu, x.rows, x.cols, [&](int r) { row(x.row(r), w.data(), eps, y.row(r), x.cols); });
}

}  // namespace orrery::kernels
