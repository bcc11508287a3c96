#include "sim/execution/gumbel.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/contract.hpp"
#include "sim/random.hpp"

namespace orrery::sim::execution {
namespace {

double value(std::span<const float> logits, double temperature, std::uint64_t seed, std::uint32_t position,
             std::size_t token) {
  const double noise = temperature > 0 ? gumbel_noise(seed, position, static_cast<int>(token)) : 0;
  return static_cast<double>(logits[token]) + temperature * noise;
}

}  // namespace

double gumbel_noise(std::uint64_t seed, std::uint32_t position, int token) {
  Draw draw(seed, Stream::sampling, position, static_cast<std::uint64_t>(token));
  const double u = std::max(draw.uniform(), 0x1p-60);
  return -std::log(-std::log(u));
}

int sample_gumbel(std::span<const float> logits, double temperature, std::uint64_t seed, std::uint32_t position) {
  EXPECT(!logits.empty());
  std::size_t best = 0;
  double most = -std::numeric_limits<double>::infinity();
  for (std::size_t v = 0; v < logits.size(); ++v) {
    const double x = value(logits, temperature, seed, position, v);
    if (x > most) {
      most = x;
      best = v;
    }
  }
  return static_cast<int>(best);
}

double gumbel_margin(std::span<const float> logits, double temperature, std::uint64_t seed, std::uint32_t position,
                     int token) {
  EXPECT(token >= 0 && token < static_cast<int>(logits.size()));
  const auto best = static_cast<std::size_t>(sample_gumbel(logits, temperature, seed, position));
  return value(logits, temperature, seed, position, best) -
         value(logits, temperature, seed, position, static_cast<std::size_t>(token));
}

}  // namespace orrery::sim::execution
