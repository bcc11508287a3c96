#include "sim/ledger/params.hpp"

#include "kernels/contract.hpp"

namespace orrery::sim::ledger {

// Defaults: Nesa's public client options and test-network genesis (block time, maximal block, registration fee, gas
// price, community tax, unbonding), which are mostly those of the Cosmos SDK. Deposits and prices were never published:
// ours. So is the fee for a new name, free unless a scenario asks what a price does: cheap pseudonyms are the case to
// beat (Friedman and Resnick 2001). Bittensor burns such a fee.
config::Fields<LedgerParams> LedgerParams::fields() {
  using P = LedgerParams;
  return config::Fields<P>()
      .real("block_time_s", &P::block_time_s, "s", "time between two blocks", 0.001, 86400)
      .real("block_kib", &P::block_kib, "KiB", "the most that one block holds; the base fee aims at half of it", 1, 1e9)
      .real("flat_fee", &P::flat_fee, "coin", "fee of any transaction, whatever its size", 0, 1e6)
      .real("base_fee_per_kib", &P::base_fee_per_kib, "coin", "first base fee for a KiB; then EIP-1559 moves it", 0,
            1e6)
      .boolean("burn_base_fee", &P::burn_base_fee,
               "fees of transactions are destroyed; otherwise the community pool keeps them")
      .real("community_tax", &P::community_tax, "1", "share of what users pay that goes to the community pool", 0, 1)
      .real("unbonding_s", &P::unbonding_s, "s",
            "how long a withdrawn deposit, that of a name left behind as well, stays locked and can be slashed", 0, 1e9)
      .real("deposit", &P::deposit, "coin", "stake of a node at the start", 0, 1e9)
      .real("identity_fee", &P::identity_fee, "coin",
            "burned when a node takes a new name, which needs a deposit of its own besides; zero: names are cheap", 0,
            1e6)
      .real("epoch_s", &P::epoch_s, "s", "how often the incentive policy settles; at the next block", 0.001, 1e9)
      .real("input_price", &P::input_price, "coin", "what a user pays for a million prompt tokens", 0, 1e9)
      .real("output_price", &P::output_price, "coin", "what a user pays for a million generated tokens", 0, 1e9)
      .real("user_funds", &P::user_funds, "coin", "what each client has to spend", 0, 1e9);
}

void validate(const LedgerParams& p) {
  VALIDATE(p.epoch_s >= p.block_time_s, "ledger.epoch_s", "an epoch is shorter than a block",
           config::write_real(p.epoch_s) + " s against ledger.block_time_s = " + config::write_real(p.block_time_s),
           "Raise ledger.epoch_s.");
}

}  // namespace orrery::sim::ledger
