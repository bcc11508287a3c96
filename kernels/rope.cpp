#include "kernels/rope.hpp"

#include "kernels/each_row.hpp"
#include "kernels/elementary.hpp"

#define ORRERY_BODY "kernels/rope.body.hpp"
#include "kernels/foreach_isa.hpp"

namespace orrery::kernels {

RopeTable::RopeTable(int positions_count, int head_dim_count, float theta)
    : positions(positions_count), head_dim(head_dim_count) {
  EXPECT(positions >= 1 && head_dim >= 2 && head_dim % 2 == 0 && theta > 0.0F);
  const int half = head_dim / 2;
  cos = Matrix(positions, half);
  sin = Matrix(positions, half);
  for (int i = 0; i < half; ++i) {
    const auto frequency = static_cast<float>(exact::exp(-2.0 * i / head_dim * exact::log(theta)));
    for (int p = 0; p < positions; ++p) {
      const float angle = static_cast<float>(p) * frequency;
      cos(p, i) = static_cast<float>(exact::cos(angle));
      sin(p, i) = static_cast<float>(exact::sin(angle));
    }
  }
}

void rope(MatrixView x, int first_position, const RopeTable& table, RopeLayout layout, const Cpu& cpu) {
  EXPECT(x.cols % table.head_dim == 0 && first_position >= 0 && first_position + x.rows <= table.positions);
  const auto turn = layout == RopeLayout::half_split ? by_isa(cpu.isa, ORRERY_EACH(rope_half_split))
                                                     : by_isa(cpu.isa, ORRERY_EACH(rope_interleaved));
  each_row(cpu, x.rows, x.cols, [&](int r) {
    const float *cosine = table.cos.row(first_position + r), *sine = table.sin.row(first_position + r);
    for (int c = 0; c < x.cols; c += table.head_dim) turn(x.row(r) + c, cosine, sine, table.head_dim / 2);
  });
}

}  // namespace orrery::kernels
