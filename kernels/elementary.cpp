#include "kernels/elementary.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <limits>

namespace orrery::kernels {

// The scalar form of exp.body.hpp, where the constants are explained.
float exp_fp32(float x) {
  if (x < -86.5F) return 0.0F;
  if (88.72283F < x) return std::numeric_limits<float>::infinity();
  constexpr float magic = 12582912.0F;
  const float shifted = std::fma(x, 1.44269504088896341F, magic);
  const float n = shifted - magic;
  const float r = std::fma(n, 2.12194440e-4F, std::fma(n, -0.693359375F, x));
  float p = 1.9875691500e-4F;
  for (const float c : {1.3981999507e-3F, 8.3334519073e-3F, 4.1665795894e-2F, 1.6666665459e-1F, 5.0000001201e-1F})
    p = std::fma(p, r, c);
  const float value = std::fma(p, r * r, r) + 1.0F;
  return value * std::bit_cast<float>((std::bit_cast<std::uint32_t>(shifted) + 126U) << 23) * 2.0F;
}

namespace exact {
namespace {

constexpr double half_pi_high = 1.57079632673412561417;  // 33 bits: times n < 2^20 without rounding
constexpr double half_pi_low = 6.07710050650619224932e-11;
constexpr double ln2_high = 6.93147180369123816490e-1;  // 32 bits
constexpr double ln2_low = 1.90821492927058770002e-10;

// Sine (first = 1) or cosine (first = 0) of |r| <= pi / 4 by its Taylor series, whose tail is below 1e-17.
double series(double r, int first) {
  const double square = r * r;
  double sum = 0.0;
  for (int i = 18 + first; i > first; i -= 2) sum = (1.0 + sum) * (-square / (i * (i - 1)));
  return (first == 1 ? r : 1.0) * (1.0 + sum);
}

double sine_of(double x, int quarter_turns) {
  const double n = std::nearbyint(x * 0.63661977236758134308);
  const double r = (x - n * half_pi_high) - n * half_pi_low;
  const int quadrant = (static_cast<int>(n) + quarter_turns) & 3;
  const double value = series(r, quadrant % 2 == 0 ? 1 : 0);
  return quadrant >= 2 ? -value : value;
}

}  // namespace

double sin(double x) { return sine_of(x, 0); }
double cos(double x) { return sine_of(x, 1); }

double exp(double x) {
  const double n = std::nearbyint(x * 1.44269504088896340736);
  const double r = (x - n * ln2_high) - n * ln2_low;
  double sum = 0.0;
  for (int i = 18; i >= 1; --i) sum = (1.0 + sum) * (r / i);
  return std::ldexp(1.0 + sum, static_cast<int>(n));
}

double log(double x) {
  int exponent = 0;
  double m = std::frexp(x, &exponent);  // [0.5, 1)
  if (m < 0.70710678118654752440) m *= 2.0, --exponent;
  // ln m = 2 artanh((m - 1) / (m + 1)), and |(m - 1) / (m + 1)| <= 0.172.
  const double t = (m - 1.0) / (m + 1.0);
  double sum = 0.0;
  for (int i = 25; i >= 1; i -= 2) sum = sum * t * t + 1.0 / i;
  return exponent * ln2_high + (exponent * ln2_low + 2.0 * t * sum);
}

}  // namespace exact
}  // namespace orrery::kernels
