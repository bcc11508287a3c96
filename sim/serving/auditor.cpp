#include "sim/serving/auditor.hpp"

#include <algorithm>

namespace orrery::sim::serving {

Auditor::Auditor(World& world)
    : Peer(world, world.auditor()),
      histories_(world.node_count),
      named_(world.node_count),
      view_came_(*this),
      draw_(world.seed, Stream::verification, 0xffffffffU) {
  const AuditRules& rules = world.audits;
  if (rules.incentive_decides())
    account_.emplace(rules.incentive(), rules.ledger(), world.node_count, world.client_count, world.seed);
}

void Auditor::start(Snapshot view) {
  view_ = std::move(view);
  spawn(close_blocks());
}

void Auditor::receive(const engine::Event& event) {
  switch (event.kind) {
    case Claimed::kind:
      return fresh_.push_back({world_.mail.claims.take(event.as<Claimed>().parcel), now()});
    case Vote::kind: {
      const auto m = event.as<Vote>();
      return cases_[m.audit].hear(NodeId(m.verifier), m.said, m.looked, m.device_s);
    }
    case Seal::kind: {
      const SealBody body = world_.mail.seals.take(event.as<Seal>().parcel);
      return cases_[body.audit].hear_seal(body.verifier, body.digest);
    }
    case Reveal::kind: {
      const RevealBody b = world_.mail.reveals.take(event.as<Reveal>().parcel);
      return cases_[b.audit].hear_reveal(b.verifier, b.nonce, b.said, b.looked, b.device_s, now());
    }
    case AskVotes::kind: {
      using verification::Finding;
      const auto m = event.as<AskVotes>();
      const auto count = [&](Finding said) { return static_cast<std::uint16_t>(cases_[m.audit].votes(said)); };
      return post(engine::EntityId(m.verifier),
                  VotesSoFar{m.audit, count(Finding::accepted), count(Finding::rejected)});
    }
    case NewName::kind: {
      const NodeId node(event.as<NewName>().node);
      histories_[node.index()] = {};
      named_[node.index()] = now();
      if (account_) account_->new_name(node, now());
      return;
    }
    case Evidence::kind:
      return take_evidence(world_.mail.evidence.take(event.as<Evidence>().parcel));
    case ViewReply::kind:
      view_ = world_.mail.snapshots.take(event.as<ViewReply>().parcel);
      return view_came_.notify_all();
    default:
      fail_contract("precondition", "a message for the auditor", __FILE__, __LINE__);
  }
}

engine::Process Auditor::close_blocks() {
  const Duration block = Duration::from_seconds(world_.audits.block_time_s());
  for (std::int64_t height = 1;; ++height) {
    // A view that was long in coming makes a block late, not two at once.
    const Time due = Time() + block * height;
    if (due < now()) continue;
    auto waiting = sleep(due - now());
    co_await waiting;
    bool short_of = false;
    if (account_) account_->close_block(now());
    for (const std::uint32_t number : open_) {
      take_up(number);
      short_of = short_of || cases_[number].short_of_verifiers();
    }
    if (short_of || !fresh_.empty()) {
      auto refreshing = refresh_view();
      co_await refreshing;
    }
    for (const Fresh& fresh : std::exchange(fresh_, {})) draw(fresh);
    for (const std::uint32_t number : open_) {
      if (cases_[number].short_of_verifiers()) fill(number);
    }
    const std::vector<std::uint32_t> looked_at = std::exchange(open_, {});
    for (const std::uint32_t number : looked_at) cases_[number].open() ? open_.push_back(number) : end(number);
  }
}

// What has become of an audit since the last block.
void Auditor::take_up(std::uint32_t number) {
  AuditCase& audit = cases_[number];
  audit.expire(now());
  const Time until = now() + Duration::from_seconds(world_.audits.params().reveal_timeout_s);
  for (const NodeId verifier : audit.unseal(now(), until)) post(world_.entity(verifier), Unseal{number});
  audit.conclude(world_.audits.policy(), now());
  if (audit.disputed()) disputes_.contains(number) ? settle_dispute(number) : open_dispute(number);
}

engine::Task<void> Auditor::refresh_view() {
  post(world_.directory(), AskView{id().index()});
  auto waiting = view_came_.wait_for(Duration::from_seconds(world_.serving.connect_timeout_s));
  co_await waiting;
}

// One claim a stage, or one for the text.
void Auditor::draw(const Fresh& fresh) {
  std::uint32_t audits = 0;
  if (world_.audits.of_text()) {
    audits += put_forward(fresh.body, fresh.came) ? 1 : 0;
  } else {
    for (const Part& part : fresh.body.parts) {
      ClaimBody claim = fresh.body;
      claim.parts = {part};
      claim.reward_coins *= static_cast<double>(part.blocks.size()) / world_.model.block_count();
      audits += put_forward(claim, fresh.came) ? 1 : 0;
    }
  }
  if (audits == 0) return ended(fresh.body);
  outstanding_[fresh.body.request.index()] = {audits, fresh.body};
}

// False: nobody is to look.
bool Auditor::put_forward(const ClaimBody& claim, Time came) {
  ++claims_;
  const Part& first = claim.parts.front();
  const int verifiers = world_.audits.select({first.node, claim.request, claim.blocks(), 0, claim.rows, claim.prompt},
                                             history(claim), claimants(claim), draw_);
  if (verifiers == 0) {
    ++passed_over_;
    for (const Part& part : claim.parts)
      post(world_.entity(part.node), Ruling{claim.request.index(), part.leg, false, false});
    return false;
  }
  open_.push_back(static_cast<std::uint32_t>(cases_.size()));
  const Silence silence = world_.audits.params().silence == "rejected" ? Silence::rejected : Silence::unfinished;
  cases_.emplace_back(claim, came, now(), verifiers, silence);
  return true;
}

// Who made a text is judged by the worst record among them.
const verification::History& Auditor::history(const ClaimBody& claim) const {
  const auto worse = [this](const Part& a, const Part& b) {
    return histories_[a.node.index()].consecutive_valid < histories_[b.node.index()].consecutive_valid;
  };
  return histories_[std::min_element(claim.parts.begin(), claim.parts.end(), worse)->node.index()];
}

std::vector<incentive::Claimant> Auditor::claimants(const ClaimBody& claim) const {
  std::vector<incentive::Claimant> list;
  for (const Part& part : claim.parts) {
    if (account_) list.push_back(account_->claimant(part.node, claim.reward_coins));
  }
  return list;
}

void Auditor::fill(std::uint32_t number) {
  AuditCase& audit = cases_[number];
  const ClaimBody& claim = audit.claim();
  const std::uint64_t task = std::uint64_t{claim.request.index()} << 16 | claim.parts.front().leg;
  const std::vector<NodeId> order = sortition().order(task, candidates(claim));
  const double prove_s = world_.audits.cost(claim.blocks(), claim.prompt, claim.rows).prove_s;
  const Time until = now() + Duration::from_seconds(world_.audits.params().vote_timeout_s + prove_s);
  for (const NodeId verifier : audit.fill(order, world_.audits.params().redraws, now(), until)) {
    const OrderBody order_body{number, world_.audits.of_text(), claim};
    post(world_.entity(verifier), Summons{world_.mail.orders.put(order_body)});
  }
}

std::vector<NodeId> Auditor::candidates(const ClaimBody& claim) {
  const BlockSpan blocks = claim.blocks();
  const bool redone = world_.audits.cost(blocks, claim.prompt, claim.rows).passes > 0;
  std::vector<NodeId> list;
  for (const NodeView& v : *view_) {
    const auto part_of = [&v](const Part& part) { return part.node == v.node; };
    if (std::any_of(claim.parts.begin(), claim.parts.end(), part_of)) continue;
    if (redone && (blocks.begin < v.span.begin || blocks.end > v.span.end)) continue;
    list.push_back(v.node);
  }
  return list;
}

const ledger::Sortition& Auditor::sortition() {
  const auto epoch = static_cast<std::int64_t>(now().seconds() / world_.audits.epoch_s());
  if (epoch != epoch_) sortition_.emplace(world_.seed, static_cast<std::uint64_t>(epoch), world_.node_count);
  epoch_ = epoch;
  return *sortition_;
}

void Auditor::end(std::uint32_t number) {
  const AuditCase& audit = cases_[number];
  const bool rejected = audit.outcome() == Outcome::rejected;
  for (const Part& part : audit.claim().parts) {
    post(world_.entity(part.node), Ruling{audit.claim().request.index(), part.leg, audit.concluded(), rejected});
    if (!audit.concluded() || audit.claimed() < named_[part.node.index()]) continue;
    verification::History& h = histories_[part.node.index()];
    ++h.audits;
    h.rejected += rejected ? 1 : 0;
    h.consecutive_valid = rejected ? 0 : h.consecutive_valid + 1;
  }
  const auto left = outstanding_.find(audit.claim().request.index());
  EXPECT(left != outstanding_.end() && left->second.cases > 0);
  if (account_) account_->audit_over(audit, world_.audits.params().device_price);
  if (--left->second.cases > 0) return;
  const ClaimBody whole = std::move(left->second.whole);
  outstanding_.erase(left);
  ended(whole);
}

// Nobody will look at its activations any more.
void Auditor::ended(const ClaimBody& whole) {
  if (account_) account_->claim_over(whole);
  world_.numbers.close(whole.request);
  world_.simulation.send(id(), world_.referee(), world_.simulation.lookahead(), Ended{whole.request.index()});
}

void Auditor::finish(Time end) {
  EXPECT(end == now());
  kill_all();
  for (const Fresh& fresh : fresh_) undrawn_ += world_.audits.of_text() ? 1 : fresh.body.parts.size();
  claims_ += undrawn_;
  for (AuditCase& audit : cases_) {
    if (audit.open()) audit.give_up(end);
  }
}

}  // namespace orrery::sim::serving
