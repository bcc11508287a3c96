#include "sim/verification/toploc_proof.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "kernels/quant.hpp"

namespace orrery::sim::verification::toploc {
namespace {

// Arithmetic in GF(prime) on values below it.
std::uint32_t add(std::uint32_t a, std::uint32_t b) { return (a + b) % prime; }
std::uint32_t subtract(std::uint32_t a, std::uint32_t b) { return (a + prime - b) % prime; }
std::uint32_t multiply(std::uint32_t a, std::uint32_t b) {
  return static_cast<std::uint32_t>(std::uint64_t{a} * b % prime);
}
std::uint32_t inverse(std::uint32_t a) {
  std::uint32_t result = 1, base = a;
  for (std::uint32_t e = prime - 2; e > 0; e /= 2) {
    if (e % 2 == 1) result = multiply(result, base);
    base = multiply(base, base);
  }
  return result;
}

// Newton's divided differences, then the product form multiplied out.
std::vector<std::uint16_t> interpolate(const std::vector<std::uint32_t>& x, std::vector<std::uint32_t> y) {
  const std::size_t n = x.size();
  for (std::size_t step = 1; step < n; ++step) {
    for (std::size_t i = n - 1; i >= step; --i)
      y[i] = multiply(subtract(y[i], y[i - 1]), inverse(subtract(x[i], x[i - step])));
  }
  std::vector<std::uint32_t> poly(n, 0);
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t j = n - 1; j > 0; --j) poly[j] = subtract(poly[j - 1], multiply(poly[j], x[i]));
    poly[0] = subtract(y[i], multiply(poly[0], x[i]));
  }
  return {poly.begin(), poly.end()};
}

std::uint16_t injective_modulus(const std::vector<std::uint32_t>& positions) {
  std::vector<std::uint32_t> seen(prime, 0);
  for (std::uint32_t m = prime; m >= least_modulus; --m) {
    const bool distinct = std::none_of(positions.begin(), positions.end(),
                                       [&](std::uint32_t p) { return std::exchange(seen[p % m], m) == m; });
    if (distinct) return static_cast<std::uint16_t>(m);
  }
  return 0;
}

double median(std::vector<int> values) {
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  return n % 2 == 1 ? values[n / 2] : 0.5 * (values[n / 2 - 1] + values[n / 2]);
}

// bf16 values in order along the number line.
int step(std::uint16_t bits) { return (bits & 0x8000) != 0 ? -(bits & 0x7fff) : bits; }

}  // namespace

Top top_k(kernels::ConstMatrixView rows, int k) {
  std::vector<std::uint32_t> order(static_cast<std::size_t>(rows.rows) * static_cast<std::size_t>(rows.cols));
  std::iota(order.begin(), order.end(), 0u);
  const auto value = [&rows](std::uint32_t i) {
    return rows(static_cast<int>(i) / rows.cols, static_cast<int>(i) % rows.cols);
  };
  const auto count = std::min<std::size_t>(static_cast<std::size_t>(k), order.size());
  // A NaN counts as largest: it must not hide.
  const auto magnitude = [&value](std::uint32_t i) {
    const float v = std::fabs(value(i));
    return std::isnan(v) ? INFINITY : v;
  };
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end(),
                    [&magnitude](std::uint32_t a, std::uint32_t b) {
                      const float x = magnitude(a), y = magnitude(b);
                      return x != y ? x > y : a < b;
                    });
  Top top;
  for (std::size_t i = 0; i < count; ++i) {
    top.positions.push_back(order[i]);
    top.values.push_back(kernels::to_bf16(value(order[i])));
  }
  return top;
}

Proof prove(const Top& top) {
  Proof proof;
  proof.coefficients.assign(top.values.size(), 0);
  const bool representable = std::all_of(top.values.begin(), top.values.end(), [](auto v) { return v < prime; });
  const std::uint16_t modulus = representable ? injective_modulus(top.positions) : std::uint16_t{0};
  if (modulus == 0) return proof;
  std::vector<std::uint32_t> x;
  for (const std::uint32_t p : top.positions) x.push_back(p % modulus);
  proof.modulus = modulus;
  proof.coefficients = interpolate(x, {top.values.begin(), top.values.end()});
  return proof;
}

std::uint16_t evaluate(const Proof& proof, std::uint32_t position) {
  EXPECT(proof.modulus > 0);
  const std::uint32_t x = position % proof.modulus;
  std::uint32_t y = 0;
  for (std::size_t i = proof.coefficients.size(); i-- > 0;) y = add(multiply(y, x), proof.coefficients[i]);
  return static_cast<std::uint16_t>(y);
}

std::optional<Comparison> compare(const Proof& proof, const Top& own) {
  if (proof.modulus < least_modulus || proof.modulus > prime) return std::nullopt;
  if (proof.coefficients.size() != own.values.size()) return std::nullopt;
  for (const std::uint16_t c : proof.coefficients) {
    if (c >= prime) return std::nullopt;
  }
  Comparison result;
  std::vector<int> mantissas;
  double steps = 0;
  for (std::size_t i = 0; i < own.values.size(); ++i) {
    const std::uint16_t mine = own.values[i], theirs = evaluate(proof, own.positions[i]);
    steps += std::min(128, std::abs(step(mine) - step(theirs)));
    if ((mine >> 7 & 0xff) != (theirs >> 7 & 0xff)) {
      ++result.exponent_mismatches;
    } else {
      mantissas.push_back(std::abs((mine & 0x7f) - (theirs & 0x7f)));
    }
  }
  result.compared = static_cast<int>(own.values.size());
  result.distance = steps / static_cast<double>(own.values.size());
  if (mantissas.empty()) {
    result.mean_mantissa = result.median_mantissa = 0x1p64;
  } else {
    const double sum = std::accumulate(mantissas.begin(), mantissas.end(), 0.0);
    result.mean_mantissa = sum / static_cast<double>(mantissas.size());
    result.median_mantissa = median(std::move(mantissas));
  }
  return result;
}

bool accepts_as_published(const Comparison& c) {
  return 128 * c.exponent_mismatches <= 38 * c.compared && c.mean_mantissa <= 10 && c.median_mantissa <= 8;
}

}  // namespace orrery::sim::verification::toploc
