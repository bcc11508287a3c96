#include "kernels/mlp.hpp"

#include "kernels/each_row.hpp"

#define ORRERY_BODY "kernels/mlp.body.hpp"
#include "kernels/foreach_isa.hpp"

namespace orrery::kernels {

void swiglu(ConstMatrixView gate, ConstMatrixView up, MatrixView h, const Cpu& cpu) {
  EXPECT(gate.rows == h.rows && up.rows == h.rows && gate.cols == h.cols && up.cols == h.cols);
  const auto row = by_isa(cpu.isa, ORRERY_EACH(swiglu_row));
  each_row(cpu, h.rows, h.cols, [&](int r) { row(gate.row(r), up.row(r), h.row(r), h.cols); });
}

void silu(ConstMatrixView x, MatrixView y, const Cpu& cpu) {
  EXPECT(x.rows == y.rows && x.cols == y.cols);
  const auto row = by_isa(cpu.isa, ORRERY_EACH(silu_row));
  each_row(cpu, y.rows, y.cols, [&](int r) { row(x.row(r), y.row(r), y.cols); });
}

void add(MatrixView x, ConstMatrixView y, const Cpu& cpu) {
  EXPECT(x.rows == y.rows && x.cols == y.cols);
  each_row(cpu, x.rows, x.cols, [&](int r) {
    float* to = x.row(r);
    const float* from = y.row(r);
    for (int i = 0; i < x.cols; ++i) to[i] += from[i];
  });
}

void add_bias(MatrixView x, std::span<const float> b) {
  EXPECT(b.size() == static_cast<std::size_t>(x.cols));
  for (int r = 0; r < x.rows; ++r) {
    float* to = x.row(r);
    for (std::size_t i = 0; i < b.size(); ++i) to[i] += b[i];
  }
}

void add_gated(MatrixView x, std::span<const float> gate, ConstMatrixView y, const Cpu& cpu) {
  EXPECT(x.rows == y.rows && x.cols == y.cols && gate.size() == static_cast<std::size_t>(x.cols));
  const auto row = by_isa(cpu.isa, ORRERY_EACH(add_gated_row));
  each_row(cpu, x.rows, x.cols, [&](int r) { row(gate.data(), y.row(r), x.row(r), x.cols); });
}

}  // namespace orrery::kernels
