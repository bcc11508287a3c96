// The [ledger] section.
#pragma once

#include "sim/coins.hpp"
#include "sim/config/fields.hpp"

namespace orrery::sim::ledger {

struct LedgerParams {
  double block_time_s = 6;
  double block_kib = 22 * 1024;
  double flat_fee = 0.000006;
  double base_fee_per_kib = 0.000025;
  bool burn_base_fee = true;
  double community_tax = 0.02;
  double unbonding_s = 1'814'400;
  double minimum_deposit = 0.001;
  static config::Fields<LedgerParams> fields();
};

}  // namespace orrery::sim::ledger
