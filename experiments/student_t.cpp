#include "experiments/student_t.hpp"

#include <cmath>

#include "kernels/contract.hpp"

namespace orrery::experiments {
namespace {

// The continued fraction of the incomplete beta function (Abramowitz and Stegun 26.5.8) by Lentz's method; converges
// fast for x < (a + 1) / (a + b + 2).
double beta_fraction(double a, double b, double x) {
  constexpr double tiny = 1e-300;
  double c = 1, d = 1 - (a + b) * x / (a + 1);
  d = 1 / (std::fabs(d) < tiny ? tiny : d);
  double value = d;
  for (int m = 1; m <= 10000; ++m) {
    for (const double term : {m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
                              -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))}) {
      d = 1 + term * d;
      c = 1 + term / c;
      d = 1 / (std::fabs(d) < tiny ? tiny : d);
      c = std::fabs(c) < tiny ? tiny : c;
      value *= d * c;
    }
    if (std::fabs(d * c - 1) < 1e-15) break;
  }
  return value;
}

// I_x(a, b)
double incomplete_beta(double a, double b, double x) {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const double front =
      std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log1p(-x));
  if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(a, b, x) / a;
  return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

}  // namespace

double student_t_cdf(double t, double freedom) {
  EXPECT(freedom > 0);
  if (std::isnan(t)) return t;
  const double tail = 0.5 * incomplete_beta(freedom / 2, 0.5, freedom / (freedom + t * t));
  return t > 0 ? 1 - tail : tail;
}

double student_t_two_sided(double confidence, double freedom) {
  EXPECT(confidence > 0 && confidence < 1);
  const double wanted = 0.5 + confidence / 2;
  double low = 0, high = 1;
  while (student_t_cdf(high, freedom) < wanted) high *= 2;
  // Bisection to the last bit: the function is monotone, and this is called once a point and round.
  for (double middle = 0.5 * (low + high); low < middle && middle < high; middle = 0.5 * (low + high)) {
    (student_t_cdf(middle, freedom) < wanted ? low : high) = middle;
  }
  return high;
}

}  // namespace orrery::experiments
