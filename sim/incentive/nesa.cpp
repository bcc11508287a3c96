// Nesa's rules as its pages and its public schema state them: reputation moves with timeouts, fees are split by
// reputation.
#include <algorithm>
#include <cmath>

#include "sim/incentive/policy.hpp"

namespace orrery::sim::incentive {
namespace {

class Nesa final : public IncentivePolicy {
 public:
  struct Params {
    std::string rule = "top_down";
    std::string blame = "chain";
    bool validation_enabled = false;
    double reward_multiplier = 1.01, penalty_multiplier = 0.8;
    double r_min = 0.1, r_max = 10;
    double alpha = 1, beta = 0.01, w_s = 1, lambda = 0.5;
    double k1 = 0.01, k2 = 0.1, min_time = 0.1, max_time = 3600, timeout_factor = 3;
    std::int64_t s_window = 100;
    double catch_up_cap = 1, catch_up_power = 1, catch_up_stop_at = 1;
    double agent_percent = 10, max_miner_percent = 80, reputation_reward_percent = 20;
    double min_penalty_amount = 0, base_penalty_amount = 0;
    std::string penalty_bracket = "inside";
    static Fields<Params> fields();
  };
  static About about() {
    return {
        "nesa", "multiplicative reputation that moves with timeouts, and fees split by reputation",
        "Reputation R starts at 1. top_down: each request multiplies it by reward_multiplier, or by penalty_multiplier "
        "after a "
        "timeout, within [r_min, r_max]. bottom_up: alpha times that, plus beta w_s times the request's throughput "
        "relative to "
        "the epoch's best (of Nesa's four performance terms the one that inference has). on_chain: the 2026 "
        "parameters, in "
        "our reconstruction: a request is late beyond timeout_factor times the expected time k1 input + k2 output "
        "tokens; "
        "R' = alpha R Rew|Pen + beta (w_s S - lambda T), S the efficiency within a window of past requests and T how "
        "much "
        "of the expected time was overrun. Of a fee, nodes get max_miner - reputation_reward percent and up to "
        "reputation_reward more by the published sigmoid of R (1, 8, 3.5, 0.010987), which is zero at R = 1; the "
        "agent's and "
        "Nesa's shares stay in the pool. Wrong output changes nothing unless validation_enabled. One node stands for a "
        "request in Nesa's schema, so that a chain shares a failure: blame = \"chain\". blame = \"shard\" is our "
        "repair: a "
        "failure counts for the node that failed. Penalties in coins: the amounts were never published (default 0), "
        "and "
        "whether the sigmoid's offset stands inside or outside its factor is unclear, so both can be chosen.",
        "docs.nesa.ai (Miner reputation and incentives); nesaorg/ai-sdk-ts protobuf, 2026; reconstructions are ours"};
  }
  explicit Nesa(const Params& params) : params_(params) {}

  double preference(const Standing& standing) const override { return standing.reputation; }

  Settlement settle(const Epoch& epoch, const State& state, Draw&) const override {
    Settlement s = nothing(epoch, state);
    const std::vector<MicroCoins> fees = leg_fees(epoch);
    const std::vector<Verdict> verdicts = leg_verdicts(epoch);
    const double best = best_speed(epoch);
    for (const PaidRequest& request : epoch.requests) {
      const bool late = params_.rule == "on_chain" && request.seconds > params_.timeout_factor * expected_s(request);
      bool any = late;
      for (std::uint32_t l = request.first_leg; l < request.first_leg + request.leg_count; ++l) {
        any = any || failed(epoch.legs[l], verdicts[l]);
      }
      const double score = performance(request, best, s.next.shared);
      for (std::uint32_t l = request.first_leg; l < request.first_leg + request.leg_count; ++l) {
        const std::size_t at = epoch.position(epoch.legs[l].node);
        Standing& standing = s.next.nodes[at];
        const bool fault = params_.blame == "chain" ? any : late || failed(epoch.legs[l], verdicts[l]);
        if (!failed(epoch.legs[l], verdicts[l])) s.pay[at] += miner_part(fees[l], standing.reputation);
        if (fault) fine(epoch.accounts[at], standing.reputation, s.slash[at]);
        standing.reputation = moved(standing.reputation, fault, score);
      }
    }
    return s;
  }

 private:
  bool failed(const Leg& leg, Verdict verdict) const {
    return leg.timed_out || (params_.validation_enabled && verdict == Verdict::rejected);
  }
  static double sigmoid(double reputation) { return 1 / (1 + std::exp(8 - 3.5 * reputation)); }
  static constexpr double at_one = 0.010987;  // sigmoid(1), as published

  MicroCoins miner_part(MicroCoins fee, double reputation) const {
    const double bonus = std::max(0.0, sigmoid(reputation) - at_one);
    const double percent = params_.max_miner_percent - params_.reputation_reward_percent * (1 - std::min(1.0, bonus));
    // The agent is paid first.
    return micro_coins(coins(fee) * std::clamp(percent, 0.0, 100 - params_.agent_percent) / 100);
  }
  void fine(const Account& account, double reputation, MicroCoins& slash) const {
    constexpr double steepness = 0.1;
    const double factor = params_.penalty_bracket == "inside" ? steepness * (sigmoid(reputation) - at_one)
                                                              : steepness * sigmoid(reputation) - at_one;
    const double amount = params_.min_penalty_amount + params_.base_penalty_amount * std::max(0.0, factor);
    slash = std::min(account.stake, slash + micro_coins(amount));
  }

  double expected_s(const PaidRequest& request) const {
    const double s = params_.k1 * static_cast<double>(request.input) + params_.k2 * static_cast<double>(request.output);
    return std::clamp(s, params_.min_time, std::max(params_.min_time, params_.max_time));
  }
  static double best_speed(const Epoch& epoch) {
    double best = 0;
    for (const PaidRequest& r : epoch.requests) {
      if (r.seconds > 0) best = std::max(best, static_cast<double>(r.output) / r.seconds);
    }
    return best;
  }
  // What the rule adds to R beside the multipliers. `window`: raw efficiencies of past requests, oldest first.
  double performance(const PaidRequest& request, double best, std::vector<double>& window) const {
    if (params_.rule == "top_down" || !(request.seconds > 0)) return 0;
    if (params_.rule == "bottom_up") {
      return best > 0 ? params_.beta * params_.w_s * static_cast<double>(request.output) / request.seconds / best : 0;
    }
    const double expected = expected_s(request);
    window.push_back(expected / request.seconds);
    if (window.size() > static_cast<std::size_t>(params_.s_window)) window.erase(window.begin());
    const auto [low, high] = std::minmax_element(window.begin(), window.end());
    const double s = *high > *low ? (window.back() - *low) / (*high - *low) : 1;
    const double overrun = std::clamp(request.seconds / expected - 1, 0.0, 1.0);
    return params_.beta * (params_.w_s * s - params_.lambda * overrun);
  }
  double moved(double r, bool fault, double score) const {
    double factor = fault ? params_.penalty_multiplier : params_.reward_multiplier;
    if (!fault && r < params_.catch_up_stop_at) {
      factor = std::pow(factor,
                        std::min(params_.catch_up_cap, std::pow(params_.catch_up_stop_at / r, params_.catch_up_power)));
    }
    const double memory = params_.rule == "top_down" ? 1 : params_.alpha;
    return std::clamp(memory * r * factor + score, params_.r_min, std::max(params_.r_min, params_.r_max));
  }

  Params params_;
};

Fields<Nesa::Params> Nesa::Params::fields() {
  using P = Params;
  return Fields<P>()
      .choice("rule", &P::rule, {"top_down", "bottom_up", "on_chain"}, "which of Nesa's three published rules moves R")
      .choice("blame", &P::blame, {"chain", "shard"},
              "who answers for a failure: everybody in the chain, or who failed")
      .boolean("validation_enabled", &P::validation_enabled, "a claim that an audit rejected counts as a failure")
      .real("reward_multiplier", &P::reward_multiplier, "1", "Rew: factor on R after a success", 1, 2)
      .real("penalty_multiplier", &P::penalty_multiplier, "1", "Pen: factor on R after a failure", 0.01, 1)
      .real("r_min", &P::r_min, "1", "lowest reputation", 0.0001, 1)
      .real("r_max", &P::r_max, "1", "highest reputation", 1, 1e6)
      .real("alpha", &P::alpha, "1", "weight of the multiplied reputation (bottom_up, on_chain)", 0, 1)
      .real("beta", &P::beta, "1", "weight of performance (bottom_up, on_chain); unpublished", 0, 10)
      .real("w_s", &P::w_s, "1", "weight of speed within performance; unpublished", 0, 10)
      .real("lambda", &P::lambda, "1", "weight of overrun time (on_chain); unpublished", 0, 10)
      .real("k1", &P::k1, "s", "expected time of an input token; unpublished", 0, 1000)
      .real("k2", &P::k2, "s", "expected time of an output token; unpublished", 0, 1000)
      .real("min_time", &P::min_time, "s", "least expected time of a request", 0.000001, 1e6)
      .real("max_time", &P::max_time, "s", "most expected time of a request", 0.000001, 1e6)
      .real("timeout_factor", &P::timeout_factor, "1", "a request is late beyond so many expected times", 1, 1e6)
      .integer("s_window", &P::s_window, "requests", "how many past efficiencies scale a new one", 1, 100'000)
      .real("catch_up_cap", &P::catch_up_cap, "1", "most that recovery is sped up; 1: not at all", 1, 100)
      .real("catch_up_power", &P::catch_up_power, "1", "how recovery speeds up with the distance", 0, 10)
      .real("catch_up_stop_at", &P::catch_up_stop_at, "1", "reputation at which recovery is ordinary again", 0, 1e6)
      .real("agent_percent", &P::agent_percent, "%", "the agent's share of a fee", 0, 100)
      .real("max_miner_percent", &P::max_miner_percent, "%", "the nodes' share at the highest reputation", 0, 100)
      .real("reputation_reward_percent", &P::reputation_reward_percent, "%", "the part of it that reputation earns", 0,
            100)
      .real("min_penalty_amount", &P::min_penalty_amount, "coin", "least loss of a failure; unpublished", 0, 1e9)
      .real("base_penalty_amount", &P::base_penalty_amount, "coin", "scale of the loss by reputation; unpublished", 0,
            1e9)
      .choice("penalty_bracket", &P::penalty_bracket, {"inside", "outside"},
              "whether the factor of the penalty's sigmoid takes its offset with it");
}

ORRERY_REGISTER(IncentivePolicy, Nesa);

}  // namespace
}  // namespace orrery::sim::incentive
