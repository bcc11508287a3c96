#include "kernels/rounding.hpp"

#include <bit>
#include <cmath>
#include <cstdint>

namespace orrery::kernels {
namespace {

// Half of the last place that stays, and one more where that place is odd: a tie goes to the even neighbour.
float drop_bits(float value, int bits_dropped) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t last = 1U << bits_dropped;
  return std::bit_cast<float>((bits + (last / 2 - 1) + (bits >> bits_dropped & 1U)) & ~(last - 1));
}

float nearest_bf16(float value) { return std::isnan(value) ? value : drop_bits(value, 16); }

float nearest_fp16(float value) {
  const float size = std::fabs(value);
  if (!(size < 65520.0F)) return std::isnan(value) ? value : std::copysign(HUGE_VALF, value);
  // Below 2^-14 an fp16 has no more than multiples of 2^-24: the last place of numbers in [0.5, 1).
  if (size < 0x1p-14F) return std::copysign((size + 0.75F) - 0.75F, value);
  return drop_bits(value, 13);
}

template <class Nearest>
void each(MatrixView x, const Nearest& nearest) {
  for (int r = 0; r < x.rows; ++r)
    for (float& value : x.row_span(r)) value = nearest(value);
}

}  // namespace

const char* name(Rounding rounding) {
  switch (rounding) {
    case Rounding::fp32:
      return "fp32";
    case Rounding::bf16:
      return "bf16";
    case Rounding::fp16:
      return "fp16";
  }
  return "unknown";
}

void round_to(Rounding rounding, MatrixView x) {
  if (rounding == Rounding::bf16) each(x, nearest_bf16);
  if (rounding == Rounding::fp16) each(x, nearest_fp16);
}

}  // namespace orrery::kernels
