// Prices: the fee market, auctions, burn and mint, and how unequal what comes out of them is.
#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "experiments/rows/row.hpp"
#include "experiments/rows/scene.hpp"
#include "sim/game/inequality.hpp"
#include "sim/ledger/ledger.hpp"

namespace orrery::experiments::rows {
namespace {

using sim::NodeId;

// Blocks as full as `fill` says, one after the other; the base fee at the end, relative to that at the start.
double base_fee_after(const std::vector<double>& fill) {
  sim::ledger::LedgerParams params;
  params.flat_fee = 0;
  params.block_kib = 1000;
  params.base_fee_per_kib = 1000;
  sim::ledger::Ledger ledger(params);
  const auto payer = ledger.open(sim::micro_coins(1e11));
  double first = 0, last = 0, time = 0;
  for (std::size_t b = 0; b <= fill.size(); ++b) {
    if (b < fill.size()) {
      for (int t = 0; t < static_cast<int>(1000 * fill[b]); ++t) ledger.submit({payer, 1024, 0, 0});
    }
    const auto block = ledger.close_block(sim::Time::from_seconds(time += 6));
    (b == 0 ? first : last) = static_cast<double>(block.base_fee);
  }
  return last / first;
}

Rows fee_market() {
  return {
      {"I12", "EIP-1559: base fee after a full block", 1.125, base_fee_after({1}), 0, 1e-6},
      {"I12", "EIP-1559: base fee after ten full blocks", 3.2473, base_fee_after(std::vector<double>(10, 1)), 0, 1e-3},
      {"I12", "EIP-1559: base fee after an empty block", 0.875, base_fee_after({0}), 0, 1e-6},
      {"I12", "EIP-1559: base fee after a full and an empty block", 0.984375, base_fee_after({1, 0}), 0, 1e-6}};
}

// Nodes with uniform costs ask for them; the cheapest gets the job and is paid the lowest ask of the others.
Rows auction(int nodes) {
  const auto second_price = policy("second_price");
  sim::Draw draw(7, sim::Stream::incentive, static_cast<std::uint32_t>(510 + nodes));
  Mean paid;
  for (int round = 0; round < 100'000; ++round) {
    Scene scene(*second_price);
    std::vector<double> costs;
    for (int n = 0; n < nodes; ++n) costs.push_back(draw.uniform());
    const auto best = static_cast<std::uint32_t>(std::min_element(costs.begin(), costs.end()) - costs.begin());
    for (double c : costs) scene.add(0, c);
    scene.request(1);
    scene.leg(NodeId(best));
    scene.settle();
    paid.add(scene.paid(NodeId(best)));
  }
  const double due = 2.0 / (nodes + 1), half = paid.half_width();
  return {{"I13", fmt::format("second price: what the cheapest of {} is paid, 2/(n+1)", nodes), due, paid.value(), half,
           2 * half},
          {"I13", fmt::format("second price: seen from the buyer of a good worth 1, (n-1)/(n+1), n = {}", nodes),
           1 - due, 1 - paid.value(), half, 2 * half}};
}

Rows auctions() {
  Rows rows;
  for (const int nodes : {2, 5, 20}) {
    for (Row& row : auction(nodes)) rows.push_back(std::move(row));
  }
  return rows;
}

// A node that pays a fee of one for work that it then claims to have done itself.
double self_dealing(double mint_share) {
  const auto burn_mint = policy("burn_mint", fmt::format("mint_share = {}", mint_share));
  Scene scene(*burn_mint);
  const NodeId dealer = scene.add();
  scene.request(1);
  scene.leg(dealer);
  scene.settle();
  return scene.paid(dealer) - 1;
}

Rows burning() {
  return {
      {"I16", "burn and mint: gain of dealing with oneself for 1 coin (kappa 0.9)", -0.1, self_dealing(0.9), 0, 1e-6},
      {"I16", "burn and mint: the same with a subsidy (kappa 1.5)", 0.5, self_dealing(1.5), 0, 1e-6}};
}

Rows inequality() {
  std::vector<double> ladder(10), single(10, 0);
  std::iota(ladder.begin(), ladder.end(), 1);
  single[0] = 1;
  return {{"I15", "Gini of 1..10", 0.3, sim::game::gini(ladder), 0, 1e-12},
          {"I15", "Nakamoto coefficient of 1..10, more than a half", 4,
           static_cast<double>(sim::game::nakamoto(ladder, 0.5)), 0, 0},
          {"I15", "Nakamoto coefficient of 1..10, more than a third", 2,
           static_cast<double>(sim::game::nakamoto(ladder, 1.0 / 3)), 0, 0},
          {"I15", "Gini of one holder of ten", 0.9, sim::game::gini(single), 0, 1e-12}};
}

}  // namespace

Rows market_rows() {
  Rows rows = fee_market();
  for (Rows (*part)() : {auctions, burning, inequality}) {
    for (Row& row : part()) rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace orrery::experiments::rows
