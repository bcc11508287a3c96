#include "kernels/noise.hpp"

#include <algorithm>
#include <cmath>

#include <Random123/philox.h>

#include "kernels/contract.hpp"
#include "kernels/elementary.hpp"

namespace orrery::kernels {
namespace {

constexpr double two_pi = 6.283185307179586476925;

void normal_pair(std::uint32_t first, std::uint32_t second, float* to) {
  const double radius = std::sqrt(-2.0 * exact::log((first + 0.5) * 0x1p-32));
  const double angle = two_pi * (second * 0x1p-32);
  to[0] = static_cast<float>(radius * exact::cos(angle));
  to[1] = static_cast<float>(radius * exact::sin(angle));
}

}  // namespace

void normal_noise(std::uint64_t seed, std::uint64_t item, std::uint32_t step, std::span<float> out) {
  EXPECT(out.size() <= std::size_t{1} << 34);
  const philox4x32_key_t key{{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)}};
  for (std::size_t i = 0; i < out.size(); i += 4) {
    const philox4x32_ctr_t counter{{static_cast<std::uint32_t>(i / 4), step, static_cast<std::uint32_t>(item),
                                    static_cast<std::uint32_t>(item >> 32)}};
    const philox4x32_ctr_t words = philox4x32(counter, key);
    float four[4];
    normal_pair(words.v[0], words.v[1], four);
    normal_pair(words.v[2], words.v[3], four + 2);
    std::copy_n(four, std::min<std::size_t>(4, out.size() - i), out.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

}  // namespace orrery::kernels
