#include "kernels/layer_norm.hpp"

#include "kernels/each_row.hpp"

#define ORRERY_BODY "kernels/layer_norm.body.hpp"
#include "kernels/foreach_isa.hpp"

namespace orrery::kernels {

void layer_norm(ConstMatrixView x, std::span<const float> w, std::span<const float> b, float eps, MatrixView y,
                const Cpu& cpu) {
  EXPECT(y.rows == x.rows && y.cols == x.cols && x.cols >= 1);
  EXPECT(w.size() == static_cast<std::size_t>(x.cols) && b.size() == w.size());
  const auto row = by_isa(cpu.isa, ORRERY_EACH(layer_norm_row));
  each_row(cpu, x.rows, x.cols, [&](int r) { row(x.row(r), w.data(), b.data(), eps, y.row(r), x.cols); });
}

}  // namespace orrery::kernels
