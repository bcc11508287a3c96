// Money. Sums of coins are exact: amounts are integers of a millionth of a coin, as chains keep them.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/contract.hpp"

namespace orrery::sim {

using MicroCoins = std::int64_t;  // 1e-6 coin

constexpr double coins(MicroCoins amount) { return 1e-6 * static_cast<double>(amount); }

// Rounds to the nearest millionth; magnitudes stay far below 2^63, so that sums over a swarm cannot overflow.
inline MicroCoins micro_coins(double amount) {
  EXPECT(std::isfinite(amount) && std::fabs(amount) < 1e12);
  return std::llround(amount * 1e6);
}

}  // namespace orrery::sim
