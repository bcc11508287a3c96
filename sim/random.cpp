#include "sim/random.hpp"

#include <cmath>

#include <Random123/philox.h>

#include "kernels/contract.hpp"

namespace orrery::sim {

std::array<std::uint32_t, 4> random_bits(std::uint64_t seed, Stream stream, std::uint32_t entity, std::uint64_t index) {
  const philox4x32_key_t key{{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)}};
  const philox4x32_ctr_t counter{{static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(index >> 32), entity,
                                  static_cast<std::uint32_t>(stream)}};
  const philox4x32_ctr_t out = philox4x32(counter, key);
  return {out.v[0], out.v[1], out.v[2], out.v[3]};
}

std::uint64_t Draw::bits() {
  const auto b = random_bits(seed_, stream_, entity_, index_++);
  return (static_cast<std::uint64_t>(b[1]) << 32) | b[0];
}

double Draw::uniform() { return static_cast<double>(bits() >> 11) * 0x1.0p-53; }

double Draw::uniform(double low, double high) { return low + (high - low) * uniform(); }

std::uint64_t Draw::below(std::uint64_t n) {
  EXPECT(n >= 1);
  // Reject the last incomplete run of n values, so that every residue is equally likely.
  const std::uint64_t limit = UINT64_MAX - UINT64_MAX % n;
  std::uint64_t x = bits();
  while (x >= limit) x = bits();
  return x % n;
}

double Draw::exponential(double mean) {
  EXPECT(mean > 0);
  return -mean * std::log1p(-uniform());
}

double Draw::normal() {
  // Box-Muller, one of the pair: a draw stays one index.
  const auto b = random_bits(seed_, stream_, entity_, index_++);
  const std::uint64_t first = (static_cast<std::uint64_t>(b[1]) << 32) | b[0];
  const std::uint64_t second = (static_cast<std::uint64_t>(b[3]) << 32) | b[2];
  const double u = static_cast<double>((first >> 11) + 1) * 0x1.0p-53;  // (0, 1]
  const double v = static_cast<double>(second >> 11) * 0x1.0p-53;
  return std::sqrt(-2.0 * std::log(u)) * std::cos(6.283185307179586476925 * v);
}

double Draw::lognormal(double mu, double sigma) { return std::exp(mu + sigma * normal()); }

double Draw::weibull(double shape, double scale) {
  EXPECT(shape > 0 && scale > 0);
  return scale * std::pow(-std::log1p(-uniform()), 1.0 / shape);
}

double Draw::gamma(double shape, double scale) {
  EXPECT(shape > 0 && scale > 0);
  // Marsaglia and Tsang 2000; a shape below one is boosted by one and corrected with a power of a uniform draw.
  if (shape < 1) {
    const double u = 1.0 - uniform();
    return gamma(shape + 1, scale) * std::pow(u, 1.0 / shape);
  }
  const double d = shape - 1.0 / 3.0;
  const double c = 1.0 / std::sqrt(9.0 * d);
  for (;;) {
    const double x = normal();
    const double t = 1.0 + c * x;
    if (t <= 0) continue;
    const double v = t * t * t;
    const double u = 1.0 - uniform();
    if (std::log(u) < 0.5 * x * x + d * (1.0 - v + std::log(v))) return d * v * scale;
  }
}

}  // namespace orrery::sim
