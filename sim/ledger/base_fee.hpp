// The fee market of EIP-1559: a base fee that follows how full blocks are. Integer arithmetic, as a chain does it.
#pragma once

#include "sim/coins.hpp"

namespace orrery::sim::ledger {

class BaseFee {
 public:
  // `first`: micro-coins for a unit of size; `target`: the size of a block that leaves the fee as it is, half of the
  // most.
  BaseFee(MicroCoins first, std::int64_t target);
  MicroCoins value() const { return value_; }
  // After a block of this size, 0 to twice the target: up to an eighth up or down, at least one unit up.
  void follow(std::int64_t used);

 private:
  MicroCoins value_;
  std::int64_t target_;
};

}  // namespace orrery::sim::ledger
