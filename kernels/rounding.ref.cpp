#include "kernels/rounding.hpp"

#include "kernels/quant.hpp"

namespace orrery::kernels::ref {

void round_to(Rounding rounding, MatrixView x) {
  if (rounding == Rounding::fp32) return;
  for (int r = 0; r < x.rows; ++r)
    for (float& value : x.row_span(r))
      value = rounding == Rounding::bf16 ? from_bf16(to_bf16(value)) : from_half(to_half(value));
}

}  // namespace orrery::kernels::ref
