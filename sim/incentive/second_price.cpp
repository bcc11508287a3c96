// A truthful auction for work: the winners are paid what the best loser asked.
#include <algorithm>
#include <limits>

#include "sim/incentive/policy.hpp"

namespace orrery::sim::incentive {
namespace {

class SecondPrice final : public IncentivePolicy {
 public:
  struct Params {
    double reserve = 1;
    static Fields<Params> fields() {
      return Fields<Params>().real("reserve", &Params::reserve, "coin", "the most that 1000 block x tokens may cost", 0,
                                   1e6);
    }
  };
  static About about() {
    return {
        "second_price", "workers are paid the lowest price that a node without work had asked",
        "A reverse auction with a uniform price: for 1000 block x tokens everybody who worked is paid the lowest ask "
        "among the nodes on line that got no work, or the reserve where all of them worked. Asking one's true cost is "
        "then the best a single node can do; nodes that collude, or are one operator, can raise the price. Verdicts "
        "do not matter. What clients paid beyond the price stays in the pool; where it is less, all are paid in "
        "proportion.",
        "Vickrey, Counterspeculation, auctions and competitive sealed tenders (1961); uniform price over tokens: ours"};
  }
  explicit SecondPrice(const Params& params) : params_(params) {}

  std::string_view reads_beyond_audits() const override { return "asked prices"; }
  Settlement settle(const Epoch& epoch, const State& state, Draw&) const override {
    Settlement s = nothing(epoch, state);
    double price = params_.reserve;
    std::vector<double> work;
    double total = 0;
    for (const Account& account : epoch.accounts) {
      work.push_back(account.block_tokens);
      total += account.block_tokens;
      if (account.block_tokens == 0 && account.uptime_s > 0) price = std::min(price, coins(account.ask));
    }
    const double due = std::min(coins(epoch.pool + epoch.fees), price * total * 1e-3);
    s.pay = split(std::min(epoch.pool + epoch.fees, micro_coins(due)), work);
    return s;
  }

 private:
  Params params_;
};

ORRERY_REGISTER(IncentivePolicy, SecondPrice);

}  // namespace
}  // namespace orrery::sim::incentive
