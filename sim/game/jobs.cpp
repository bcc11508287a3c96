// What happens in an epoch, before anybody is paid: who is asked, who cheats, who looks, what they say.
#include <algorithm>
#include <cmath>

#include "sim/game/game.hpp"

namespace orrery::sim::game {

using incentive::Epoch;
using incentive::Verdict;

namespace {
constexpr Tokens claim_tokens = 1000;  // so that an ask is the price of a claim
}

Epoch Game::open_epoch() {
  Epoch epoch;
  epoch.accounts.resize(players_.size());
  for (std::size_t i = 0; i < players_.size(); ++i) {
    epoch.accounts[i].node = NodeId(static_cast<std::uint32_t>(i));
    epoch.accounts[i].uptime_s = players_[i].out ? 0 : params_.epoch_s;
    epoch.accounts[i].stake = ledger_.deposit(players_[i].wallet);
    epoch.accounts[i].ask = micro_coins(params_.cost);
    players_[i].now = {};
  }
  epoch.pool = ledger_.balance(pool_);
  // Capital that waits outside is no part of the economy.
  epoch.supply = ledger_.supply() - ledger_.balance(capital_);
  epoch.seconds = params_.epoch_s;
  quality_.assign(players_.size(), 0);
  scored_.assign(players_.size(), 0);
  state_ = incentive::known(std::move(state_), epoch, incentive_);
  open_lottery();
  return epoch;
}

// Chances of being asked: size times what the incentive policy thinks of the node.
void Game::open_lottery() {
  std::vector<double> chances(players_.size());
  in_ = 0;
  bool alike = true;
  for (std::size_t i = 0; i < players_.size(); ++i) {
    const double preference = incentive_.preference(state_.nodes[i]);
    chances[i] = players_[i].out ? 0 : players_[i].size * preference;
    in_ += chances[i] > 0;
    alike = alike && chances[i] == chances[0];
  }
  lottery_.clear();
  if (alike) return;
  double sum = 0;
  for (double c : chances) lottery_.push_back(sum += c);
}

std::size_t Game::draw_player() {
  if (lottery_.empty()) return static_cast<std::size_t>(draw_.below(players_.size()));
  const double at = draw_.uniform() * lottery_.back();
  const auto found = std::upper_bound(lottery_.begin(), lottery_.end(), at);
  return static_cast<std::size_t>(std::min(found, lottery_.end() - 1) - lottery_.begin());
}

// Somebody who can be asked and has no part in the job yet. When a few nodes hold nearly all chances, waiting for
// another could take for ever: after enough vain draws the next one in line is taken.
std::size_t Game::draw_other(const std::vector<std::size_t>& busy) {
  const auto is_free = [&](std::size_t i) {
    return !players_[i].out && std::find(busy.begin(), busy.end(), i) == busy.end();
  };
  std::size_t i = draw_player();
  for (int tries = 0; tries < 100 && !is_free(i); ++tries) i = draw_player();
  while (!is_free(i)) i = (i + 1) % players_.size();
  return i;
}

void Game::play_job(Epoch& epoch) {
  incentive::PaidRequest request{.request = RequestId(static_cast<std::uint32_t>(epoch.requests.size())),
                                 .first_leg = static_cast<std::uint32_t>(epoch.legs.size())};
  std::vector<std::size_t> busy;
  const std::int64_t asked = std::max(params_.stages, params_.replicas);
  request.served = in_ >= static_cast<std::size_t>(asked + params_.auditors) && in_ > 0;
  if (!request.served) {
    ++unserved_;
    epoch.requests.push_back(request);
    return;
  }
  request.fee = micro_coins(params_.fee * static_cast<double>(asked));
  request.output = claim_tokens;
  request.seconds = static_cast<double>(asked);
  epoch.requests.push_back(request);
  epoch.fees += request.fee;
  for (std::int64_t k = 0; k < asked; ++k) {
    const int stage = params_.stages > 1 ? static_cast<int>(k) : 0;
    std::size_t i = draw_other(busy);
    // Who fails is replaced; the replacement fails too with the same chance, unless nobody else is left.
    while (draw_.uniform() < params_.failure_rate && busy.size() + static_cast<std::size_t>(asked - k) < in_) {
      busy.push_back(i);
      epoch.legs.push_back({epoch.accounts[i].node, {stage, stage + 1}, 0, true});
      ++epoch.accounts[i].timeouts;
      i = draw_other(busy);
    }
    busy.push_back(i);
    play_leg(epoch, i, stage);
  }
  epoch.requests.back().leg_count = static_cast<std::uint32_t>(epoch.legs.size()) - request.first_leg;
}

void Game::play_leg(Epoch& epoch, std::size_t i, int stage) {
  Player& player = players_[i];
  const BlockSpan blocks{stage, stage + 1};
  const bool forced = params_.forced_error_rate > 0 && draw_.uniform() < params_.forced_error_rate;
  const Cheat* cheat = player.action > 0 ? &cheats_[static_cast<std::size_t>(player.action - 1)] : nullptr;
  const bool cheats = cheat && !forced && (cheat->rate >= 1 || draw_.uniform() < cheat->rate);
  epoch.legs.push_back({epoch.accounts[i].node, blocks, claim_tokens, false});
  epoch.accounts[i].block_tokens += static_cast<double>(claim_tokens);
  player.now.claims += 1;
  player.now.cheated += cheats;
  player.now.passed += cheats;
  player.now.cost += params_.cost - (cheats ? cheat->saving : 0);
  quality_[i] += cheats ? cheat->quality : 1;
  if (params_.replicas > 1) {
    // Every task has a right answer of its own. A cheater gives the same wrong one to all of them, as its accomplices
    // do.
    const RequestId task = epoch.requests.back().request;
    const std::uint64_t wrong = params_.collude ? 0 : 1 + i, right = 1 + players_.size() + task.index();
    epoch.contributions.push_back({task, epoch.accounts[i].node, cheats ? wrong : right});
  }
  const auto rate = incentive_.audit_rate({micro_coins(params_.fee), epoch.accounts[i].stake, state_.nodes[i]});
  if (draw_.uniform() < rate.value_or(params_.audit_rate)) audit(epoch, i, blocks, cheats, forced);
}

// A vote errs on its own: a true positive rate for the cheat, a false one for honest work. An accomplice does not look.
void Game::audit(Epoch& epoch, std::size_t i, BlockSpan blocks, bool cheats, bool forced) {
  incentive::Audit audit{
      .request = epoch.requests.back().request, .executor = epoch.accounts[i].node, .blocks = blocks};
  audit.forced_error = forced;
  audit.first_vote = static_cast<std::uint32_t>(epoch.votes.size());
  audit.vote_count = static_cast<std::uint32_t>(params_.auditors);
  const double tpr = cheats ? cheats_[static_cast<std::size_t>(players_[i].action - 1)].tpr : cheats_[0].tpr;
  std::vector<std::size_t> busy = {i};
  std::int64_t rejecting = 0;
  for (std::int64_t v = 0; v < params_.auditors; ++v) {
    const std::size_t a = draw_other(busy);
    busy.push_back(a);
    const bool accomplice = params_.collude && cheats && players_[a].action > 0;
    const bool rejects = draw_.uniform() < (cheats || forced ? tpr : params_.fpr) && !accomplice;
    rejecting += rejects;
    if (!accomplice) {
      players_[a].now.cost += params_.audit_cost;
      audit.cost_coins += params_.audit_cost;
    }
    epoch.votes.push_back({epoch.accounts[a].node, rejects ? Verdict::rejected : Verdict::accepted});
  }
  // As verification::VerificationPolicy::conclude: half against half accepts.
  audit.verdict = 2 * rejecting > params_.auditors ? Verdict::rejected : Verdict::accepted;
  const bool rejected = audit.verdict == Verdict::rejected;
  ++(rejected ? epoch.accounts[i].rejected : epoch.accounts[i].accepted);
  ++audits_;
  audit_cost_ += audit.cost_coins;
  if (cheats && rejected) {
    players_[i].now.passed -= 1;
    if (players_[i].caught_after < 0) players_[i].caught_after = players_[i].total.cheated + players_[i].now.cheated;
  }
  epoch.audits.push_back(audit);
}

// The first nodes score everybody who worked; so does the chain's own record, once for each.
void Game::score(Epoch& epoch) {
  for (std::size_t i = 0; i < players_.size(); ++i) {
    const double claims = players_[i].now.claims;
    if (claims == 0) continue;
    const auto seen = [&] { return std::clamp(quality_[i] / claims + params_.score_noise * draw_.normal(), 0.0, 1.0); };
    epoch.accounts[i].quality = seen();
    for (std::int64_t e = 0; e < params_.evaluators; ++e) {
      const auto judge = static_cast<std::size_t>(e);
      if (judge != i) epoch.scores.push_back({epoch.accounts[judge].node, epoch.accounts[i].node, seen()});
    }
  }
}

}  // namespace orrery::sim::game
