#include "kernels/gelu.hpp"

#include <cmath>
#include <iterator>

#include "kernels/elementary.hpp"
#include "kernels/gelu_constants.hpp"

namespace orrery::kernels::ref {
namespace {

template <class Coefficients>
float polynomial(const Coefficients& coefficients, float x) {
  float sum = 0.0F;
  for (auto c = std::rbegin(coefficients); c != std::rend(coefficients); ++c)
    sum = c == std::rbegin(coefficients) ? *c : std::fma(sum, x, *c);
  return sum;
}

float erf(float z) {
  const float size = std::fabs(z);
  if (size < 1.0F) return z * polynomial(erf_low, z * z);
  const float far = 1.0F - exp_fp32(polynomial(erf_high, size < 4.0F ? size : 4.0F));
  return z < 0.0F ? -far : far;
}

}  // namespace

void gelu(Gelu form, ConstMatrixView x, MatrixView y) {
  for (int r = 0; r < x.rows; ++r)
    for (int i = 0; i < x.cols; ++i) {
      const float v = x(r, i);
      y(r, i) = form == Gelu::erf ? v * 0.5F * (1.0F + erf(v * half_root))
                                  : v / (1.0F + exp_fp32(minus_twice_root * std::fma(cubic * (v * v), v, v)));
    }
}

}  // namespace orrery::kernels::ref
