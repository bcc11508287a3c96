#include "experiments/rows/scene.hpp"

#include <cmath>

#include "sim/config/toml.hpp"

namespace orrery::experiments::rows {

namespace incentive = sim::incentive;
using sim::NodeId;

std::unique_ptr<incentive::IncentivePolicy> policy(const std::string& name, const std::string& parameters) {
  const auto root =
      sim::config::parse_toml("[incentive]\npolicy = \"" + name + "\"\n" + parameters + "\n", "validation");
  return sim::config::Registry<incentive::IncentivePolicy>::instance()
      .make(*root.find("incentive"), "incentive", "none")
      .policy;
}

NodeId Scene::add(double stake, double ask) {
  const NodeId node(static_cast<std::uint32_t>(epoch_.accounts.size()));
  epoch_.accounts.push_back(
      {.node = node, .uptime_s = 1, .stake = sim::micro_coins(stake), .ask = sim::micro_coins(ask)});
  return node;
}

void Scene::clear() {
  std::vector<incentive::Account> accounts = std::move(epoch_.accounts);
  for (incentive::Account& a : accounts) a = {.node = a.node, .uptime_s = 1, .stake = a.stake, .ask = a.ask};
  epoch_ = {};
  epoch_.accounts = std::move(accounts);
}

void Scene::request(double fee) {
  incentive::PaidRequest r{.request = sim::RequestId(static_cast<std::uint32_t>(epoch_.requests.size())),
                           .first_leg = static_cast<std::uint32_t>(epoch_.legs.size())};
  r.output = 1;
  r.seconds = 1;
  r.fee = sim::micro_coins(fee);
  epoch_.fees += r.fee;
  epoch_.requests.push_back(r);
}

void Scene::leg(NodeId node, int stage, bool timed_out) {
  epoch_.legs.push_back({node, {stage, stage + 1}, timed_out ? 0 : 1000, timed_out});
  ++epoch_.requests.back().leg_count;
  incentive::Account& account = epoch_.accounts[node.index()];
  if (timed_out) {
    ++account.timeouts;
  } else {
    account.block_tokens += 1000;
  }
}

void Scene::audit(incentive::Verdict verdict, const std::vector<std::pair<NodeId, incentive::Verdict>>& said,
                  bool forced) {
  const incentive::Leg& leg = epoch_.legs.back();
  epoch_.audits.push_back({.request = epoch_.requests.back().request,
                           .executor = leg.node,
                           .blocks = leg.blocks,
                           .verdict = verdict,
                           .forced_error = forced,
                           .first_vote = static_cast<std::uint32_t>(epoch_.votes.size()),
                           .vote_count = static_cast<std::uint32_t>(said.size())});
  for (const auto& [auditor, word] : said) epoch_.votes.push_back({auditor, word});
  incentive::Account& account = epoch_.accounts[leg.node.index()];
  account.accepted += verdict == incentive::Verdict::accepted;
  account.rejected += verdict == incentive::Verdict::rejected;
}

void Scene::contribute(NodeId worker, std::uint64_t digest) {
  epoch_.contributions.push_back({epoch_.requests.back().request, worker, digest});
}

void Scene::score(NodeId judge, NodeId judged, double value) { epoch_.scores.push_back({judge, judged, value}); }

void Scene::settle(double pool) {
  epoch_.pool = sim::micro_coins(pool);
  state_ = incentive::known(std::move(state_), epoch_, policy_);
  settlement_ = policy_.settle(epoch_, state_, draw_);
  incentive::checked_pool(epoch_, settlement_);
  state_ = settlement_.next;
}

void Mean::add(double x) {
  count_ += 1;
  const double off = x - mean_;
  mean_ += off / count_;
  squares_ += off * (x - mean_);
}

double Mean::half_width() const { return count_ > 1 ? 1.96 * std::sqrt(squares_ / (count_ - 1) / count_) : 0; }

double crossing(double x0, double y0, double x1, double y1) { return x0 - y0 * (x1 - x0) / (y1 - y0); }

}  // namespace orrery::experiments::rows
