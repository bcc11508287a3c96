#include "sim/ledger/base_fee.hpp"

#include <algorithm>

namespace orrery::sim::ledger {

BaseFee::BaseFee(MicroCoins first, std::int64_t target) : value_(first), target_(target) {
  EXPECT(first >= 0 && target >= 1);
}

void BaseFee::follow(std::int64_t used) {
  EXPECT(used >= 0 && used <= 2 * target_);
  constexpr std::int64_t most_change = 8;
  // The product can pass 2^63: a fee times a size in bytes.
  const auto change = [&](std::int64_t excess) {
    return static_cast<MicroCoins>(static_cast<__int128>(value_) * excess / target_ / most_change);
  };
  if (used > target_) {
    value_ += std::max<MicroCoins>(change(used - target_), 1);
  } else {
    value_ -= change(target_ - used);
  }
}

}  // namespace orrery::sim::ledger
