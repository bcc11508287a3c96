// Payment for a run: from what clients recorded to coins, block by block.
#include <algorithm>

#include "sim/game/inequality.hpp"
#include "sim/ledger/ledger.hpp"
#include "sim/serving/deposits.hpp"
#include "sim/serving/metrics.hpp"

namespace orrery::sim::serving {
namespace {

using ledger::WalletId;

// Bytes of a transaction: signature, session, model and amounts; at the end also who did what.
constexpr std::int64_t open_bytes = 400;
constexpr std::int64_t close_bytes = 300, part_bytes = 60;

Time end_of(const RequestRecord& record) {
  return record.request.arrival + Duration::from_seconds(std::max(0.0, record.latency_s));
}

std::vector<std::vector<Time>> names_taken(const Cast& cast) {
  std::vector<std::vector<Time>> taken;
  for (const auto& node : cast.nodes()) taken.push_back(node->deeds().renamed);
  return taken;
}

class Chain {
 public:
  Chain(const Cast& cast, const std::vector<RequestRecord>& records);
  void run(Time end);
  Settled result();

 private:
  struct Notice {
    Time at;
    std::uint32_t record;
    bool closes;
  };
  MicroCoins price(Tokens input, Tokens output) const;
  void submit_until(Time now);
  void include(const ledger::Block& block);
  void settle(Time now);
  incentive::Epoch make_epoch(Time now) const;
  void add_request(incentive::Epoch& epoch, const RequestRecord& record) const;
  double uptime_s(const Name& name, Time from, Time to) const;
  bool busy() const { return next_ < notices_.size() || ledger_.pending() > 0 || !paid_for_.empty(); }

  const Cast& cast_;
  const ledger::LedgerParams& params_;
  const std::vector<RequestRecord>& records_;
  const incentive::IncentivePolicy& policy_;
  Draw draw_;
  ledger::Ledger ledger_;
  WalletId pool_;
  Names names_;
  Deposits deposits_;
  std::vector<WalletId> clients_;
  std::vector<Notice> notices_;
  std::size_t next_ = 0;
  std::vector<std::uint32_t> paid_for_;  // records whose payment came in since the last settlement
  std::map<std::uint32_t, MicroCoins> fee_;
  std::map<std::uint32_t, MicroCoins> charges_;  // by request
  incentive::State state_;
  Time settled_;
  MicroCoins charged_ = 0, minted_ = 0, network_fees_ = 0, slashed_ = 0;
  std::vector<MicroCoins> income_, taken_;  // by node; pay and slashes
  double claimed_ = 0;                      // work on bills [block x token]
  std::vector<double> delays_;
  std::size_t longest_queue_ = 0;
};

Chain::Chain(const Cast& cast, const std::vector<RequestRecord>& records)
    : cast_(cast),
      params_(cast.scenario().ledger),
      records_(records),
      policy_(*cast.scenario().incentive.policy),
      draw_(static_cast<std::uint64_t>(cast.scenario().experiment.seed), Stream::incentive, 0),
      ledger_(params_),
      pool_(ledger_.open()),
      names_(names_taken(cast)),
      deposits_(ledger_, params_, names_, cast.nodes().size()),
      income_(cast.nodes().size(), 0),
      taken_(cast.nodes().size(), 0) {
  for (std::size_t i = 0; i < cast.clients().size(); ++i)
    clients_.push_back(ledger_.open(micro_coins(params_.user_funds)));
  for (std::uint32_t r = 0; r < records.size(); ++r) {
    const workload::Request& request = records[r].request;
    notices_.push_back({request.arrival, r, false});
    // The escrow is opened when the last audit has spoken.
    Time over = end_of(records[r]);
    for (const Audited& audited : records[r].audits) over = std::max(over, audited.at);
    notices_.push_back({over, r, true});
  }
  std::stable_sort(notices_.begin(), notices_.end(), [](const Notice& a, const Notice& b) { return a.at < b.at; });
}

MicroCoins Chain::price(Tokens input, Tokens output) const {
  return micro_coins(
      (static_cast<double>(input) * params_.input_price + static_cast<double>(output) * params_.output_price) * 1e-6);
}

void Chain::run(Time end) {
  const Duration block_time = Duration::from_seconds(params_.block_time_s);
  const Duration epoch = Duration::from_seconds(params_.epoch_s);
  Time now;
  while (now < end || busy()) {
    now = now + block_time;
    submit_until(now);
    longest_queue_ = std::max(longest_queue_, ledger_.pending());
    include(ledger_.close_block(now));
    deposits_.advance(now);
    // The last settlement waits for the last payment.
    if (now >= settled_ + epoch || (now >= end && next_ == notices_.size() && ledger_.pending() == 0)) settle(now);
  }
  if (delays_.size() != records_.size())
    throw RunError("a client cannot pay for its transactions: raise ledger.user_funds");
}

void Chain::submit_until(Time now) {
  for (; next_ < notices_.size() && notices_[next_].at < now; ++next_) {
    const Notice& n = notices_[next_];
    const RequestRecord& record = records_[n.record];
    const auto parts = static_cast<std::int64_t>(record.parts.size());
    ledger_.submit({clients_[record.request.client.index()], n.closes ? close_bytes + part_bytes * parts : open_bytes,
                    0, 2 * std::uint64_t{n.record} + (n.closes ? 1 : 0)});
  }
}

void Chain::include(const ledger::Block& block) {
  network_fees_ += block.fees;
  for (const std::uint64_t tag : block.included) {
    const auto r = static_cast<std::uint32_t>(tag / 2);
    const RequestRecord& record = records_[r];
    const WalletId client = clients_[record.request.client.index()];
    if (tag % 2 == 0) {
      const bool locked = ledger_.lock(r, client, price(record.request.prompt, record.request.output));
      if (!locked) throw RunError("a client cannot pay for its request: raise ledger.user_funds");
      continue;
    }
    // Nobody pays for what never came.
    const MicroCoins fee = record.output > 0 ? price(record.request.prompt, record.output) : 0;
    const MicroCoins tax = micro_coins(coins(fee) * params_.community_tax);
    const bool paid = ledger_.pay_out(r, pool_, fee - tax) && ledger_.pay_out(r, ledger_.community(), tax);
    if (!paid) throw RunError("a request was closed on the chain that had not been opened: raise ledger.user_funds");
    ledger_.release(r);
    charged_ += fee;
    charges_[record.request.id.index()] = fee;
    fee_[r] = fee - tax;
    paid_for_.push_back(r);
    const double ended = record.request.arrival.seconds() + std::max(0.0, record.latency_s);
    delays_.push_back(block.time.seconds() - ended);
  }
}

// Seconds on line between two times under a name, from the bins that a node records, each counted where its middle
// lies.
double Chain::uptime_s(const Name& name, Time from, Time to) const {
  from = std::max(from, name.since);
  to = std::min(to, name.until);
  const std::vector<double>& bins = cast_.nodes()[name.node.index()]->record().bins(Series::live);
  const double period = cast_.scenario().experiment.sample_period_s;
  double sum = 0;
  for (std::size_t b = static_cast<std::size_t>(from.seconds() / period); b < bins.size(); ++b) {
    const double middle = (static_cast<double>(b) + 0.5) * period;
    if (middle >= to.seconds()) break;
    if (middle >= from.seconds()) sum += bins[b];
  }
  return sum;
}

// What the chain is told of are names: a claim is its maker's at the end of its request, a vote its giver's at the
// verdict. So what an audit finds late falls on the name that had made the claim, not on the one that came after it.
void Chain::add_request(incentive::Epoch& epoch, const RequestRecord& record) const {
  incentive::PaidRequest paid{.request = record.request.id, .first_leg = static_cast<std::uint32_t>(epoch.legs.size())};
  paid.leg_count = static_cast<std::uint32_t>(record.parts.size());
  paid.served = record.status == Status::served;
  paid.input = record.request.prompt;
  paid.output = record.output;
  paid.seconds = std::max(0.0, record.latency_s);
  epoch.requests.push_back(paid);
  const Time made = end_of(record);
  for (incentive::Leg part : record.parts) {
    part.node = names_.at(part.node, made);
    incentive::Account& account = epoch.accounts[part.node.index()];
    if (part.timed_out) {
      ++account.timeouts;
    } else {
      account.block_tokens += static_cast<double>(part.blocks.size()) * part.claimed_tokens();
    }
    epoch.legs.push_back(part);
  }
  for (Audited audited : record.audits) {
    audited.audit.executor = names_.at(audited.audit.executor, made);
    for (incentive::Vote& vote : audited.votes) vote.auditor = names_.at(vote.auditor, audited.at);
    add_audit(epoch, audited);
  }
}

incentive::Epoch Chain::make_epoch(Time now) const {
  incentive::Epoch epoch;
  for (std::size_t i = 0; i < deposits_.size(); ++i) {
    incentive::Account account{.node = NodeId(static_cast<std::uint32_t>(i))};
    account.uptime_s = uptime_s(names_[i], settled_, now);
    account.stake = deposits_.stake(i);
    epoch.accounts.push_back(account);
  }
  std::vector<std::uint32_t> order = paid_for_;
  std::sort(order.begin(), order.end());  // records are in the order of request ids
  for (const std::uint32_t r : order) {
    add_request(epoch, records_[r]);
    epoch.requests.back().fee = fee_.at(r);
    epoch.fees += fee_.at(r);
  }
  epoch.pool = ledger_.balance(pool_) - epoch.fees;
  epoch.supply = ledger_.supply();
  epoch.seconds = (now - settled_).seconds();
  return epoch;
}

void Chain::settle(Time now) {
  const incentive::Epoch epoch = make_epoch(now);
  incentive::check_stake(epoch, policy_);
  state_ = incentive::known(std::move(state_), epoch, policy_);
  const incentive::Settlement s = policy_.settle(epoch, state_, draw_);
  const MicroCoins left = incentive::checked_pool(epoch, s);
  ledger_.mint(pool_, s.minted);
  minted_ += s.minted;
  for (std::size_t i = 0; i < deposits_.size(); ++i) {
    const MicroCoins slashed = ledger_.slash(deposits_.wallet(i), pool_, s.slash[i]);
    taken_[names_[i].node.index()] += slashed;
    slashed_ += slashed;
  }
  for (std::size_t i = 0; i < deposits_.size(); ++i) {
    const bool paid = ledger_.transfer(pool_, deposits_.wallet(i), s.pay[i]);
    ENSURE(paid);
    income_[names_[i].node.index()] += s.pay[i];
    claimed_ += epoch.accounts[i].block_tokens;
  }
  const bool burned = ledger_.burn(pool_, s.burned);
  ENSURE(burned);
  if (ledger_.balance(pool_) != left) throw RunError("the pool does not hold what the settlement left in it");
  state_ = s.next;
  paid_for_.clear();
  fee_.clear();
  settled_ = now;
}

Settled Chain::result() {
  MicroCoins paid = 0, fees = 0;
  for (const MicroCoins amount : deposits_.fees()) fees += amount;
  std::vector<double> income;
  for (const MicroCoins amount : income_) {
    paid += amount;
    income.push_back(coins(amount));
  }
  double tokens = 0;
  for (const RequestRecord& r : records_) tokens += static_cast<double>(r.output);
  Settled settled;
  settled.metrics = {
      {"coins_charged", "coin", "what users paid for requests", coins(charged_)},
      {"coins_paid", "coin", "paid to nodes", coins(paid)},
      {"coins_slashed", "coin", "taken from nodes' stakes", coins(slashed_)},
      {"coins_minted", "coin", "made by the incentive policy", coins(minted_)},
      {"coins_network", "coin", "fees of transactions", coins(network_fees_)},
      {"identity_fees", "coin", "burned for new names that nodes took", coins(fees)},
      {"capital_locked", "coin", "the most that lay in deposits at once, of names left behind until it was free again",
       coins(deposits_.most_locked())},
      {"block_tokens_claimed", "block x token", "work on the bills that were settled, lost parts' included", claimed_},
      {"coins_pool", "coin", "what the incentive policy holds at the end", coins(ledger_.balance(pool_))},
      {"price_of_tokens", "coin", "charged and network fees for a million delivered tokens",
       1e6 * coins(charged_ + network_fees_) / tokens},
      {"income_gini", "1", "inequality of pay between nodes", game::gini(income)},
      {"income_nakamoto", "node", "nodes that together have more than half of the pay",
       static_cast<double>(game::nakamoto(income, 0.5))},
      {"payment_delay_p50", "s", "from the end of a request to the block that pays for it",
       exact_quantile(delays_, 0.5)},
      {"payment_delay_p99", "s", "from the end of a request to the block that pays for it",
       exact_quantile(delays_, 0.99)},
      {"chain_queue_max", "1", "transactions that waited for a block at once", static_cast<double>(longest_queue_)}};
  settled.income = std::move(income_);
  settled.slashed = std::move(taken_);
  settled.identity_fees = deposits_.fees();
  settled.charged = std::move(charges_);
  return settled;
}

}  // namespace

Settled settle(const Cast& cast, const std::vector<RequestRecord>& records, Time end) {
  Chain chain(cast, records);
  chain.run(end);
  return chain.result();
}

}  // namespace orrery::sim::serving
