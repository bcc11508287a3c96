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
  double deposit = 100;
  double identity_fee = 0;
  double epoch_s = 600;
  double input_price = 0.1;
  double output_price = 0.4;
  double user_funds = 1'000'000;
  static config::Fields<LedgerParams> fields();
};

// InputError for what contradicts itself.
void validate(const LedgerParams& params);

}  // namespace orrery::sim::ledger
