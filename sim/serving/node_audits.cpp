// What a node does for others' claims: it is summoned, asks for evidence, redoes the work on its own device among
// everything else that waits there, asks its questions, and votes.
#include <algorithm>
#include <cmath>

#include "sim/ledger/commit_reveal.hpp"
#include "sim/serving/node.hpp"

namespace orrery::sim::serving {
namespace {

// Does whoever looks pass the claim's positions through its blocks, and so need room for their keys and values?
bool redone(const AuditRules& rules, const ClaimBody& claim) {
  return rules.cost(claim.blocks(), claim.prompt, claim.rows).passes > 0;
}

bool holds_room(const AuditRules& rules, const Duty& duty) {
  return duty.testimony.recomputes && redone(rules, duty.order.claim);
}

// What is said without looking.
Voted unseen(const behaviour::Testimony& testimony) {
  return testimony.vote == behaviour::Vote::accept ? Voted::accepted : Voted::rejected;
}

}  // namespace

void Node::take_order(OrderBody order) {
  const std::uint32_t number = order.audit;
  const ClaimBody& claim = order.claim;
  const BlockSpan blocks = claim.blocks();
  const bool redoes = redone(world_.audits, claim);
  const bool able = blocks.begin >= span_.begin && blocks.end <= span_.end;
  const auto declined = [&] { post(world_.auditor(), Vote{number, node_.index(), Voted::declined, false, 0}); };
  if (span_.empty() || leaving_ || (redoes && !able)) return declined();
  const behaviour::BehaviourPolicy& role = world_.behaviour.role(node_);
  const bool friends = role.colludes() && std::any_of(claim.parts.begin(), claim.parts.end(), [&](const Part& part) {
                         return &world_.behaviour.role(part.node) == &role;
                       });
  const behaviour::Testimony testimony = role.testify({node_, claim.parts.front().node, friends}, audit_draw_);
  if (!testimony.recomputes && !testimony.copies) return say(claim, number, unseen(testimony), false, 0);
  const bool looks = testimony.recomputes;
  if (looks && redoes && !kv_.admit({number, audit_leg}, world_.kv_bytes(blocks, claim.rows))) return declined();
  Duty& duty = duties_.try_emplace(number, *this).first->second;
  duty.order = std::move(order);
  duty.testimony = testimony;
  duty.process = spawn(looks ? audit(number) : copy_vote(number));
}

engine::Process Node::audit(std::uint32_t number) {
  Duty& duty = duties_.at(number);
  const ClaimBody& claim = duty.order.claim;
  const auto rows = static_cast<std::uint32_t>(claim.rows);
  for (const Part& part : claim.parts) {
    post(world_.entity(part.node), AskEvidence{number, claim.request.index(), part.leg, id().index(), rows});
  }
  if (duty.order.text) post(claim.client, AskEvidence{number, claim.request.index(), 0, id().index(), rows});
  duty.missing = claim.parts.size() + (duty.order.text ? 1 : 0);
  const Time until = now() + patience(world_.audits, claim);
  while (duty.missing > 0 && now() < until) {
    auto waiting = duty.changed.wait_for(until - now());
    co_await waiting;
  }
  if (duty.missing > 0 || duty.exhibits.lost()) {
    vote(number, Voted::silent, false);
    co_return;
  }
  if (duty.testimony.vote == behaviour::Vote::as_found)
    duty.examined = examine(world_, claim, duty.exhibits, duty.order.text, node_, setup_.arithmetic);
  auto redoing = redo(number, duty);
  co_await redoing;
  auto asking = question(number, duty);
  const bool answered = co_await asking;
  vote(number, answered ? verdict(duty) : Voted::silent, answered);
}

// Reads the votes of others at every block, for half of the time that it has.
engine::Process Node::copy_vote(std::uint32_t number) {
  Duty& duty = duties_.at(number);
  const Duration block = Duration::from_seconds(world_.audits.block_time_s());
  const Time until = now() + Duration::from_seconds(world_.audits.params().vote_timeout_s / 2);
  while (now() < until && duty.others.accepted + duty.others.rejected == 0) {
    auto waiting = sleep(block);
    co_await waiting;
    post(world_.auditor(), AskVotes{number, id().index()});
    auto reading = duty.changed.wait_for(block);
    co_await reading;
  }
  const VotesSoFar& seen = duty.others;
  const Voted said = seen.rejected > seen.accepted ? Voted::rejected : unseen(duty.testimony);
  vote(number, said, false);
}

void Node::read_votes(const VotesSoFar& votes) {
  const auto found = duties_.find(votes.audit);
  if (found == duties_.end()) return;
  found->second.others = votes;
  found->second.changed.notify_all();
}

// The claim's positions through its blocks, as often as the protocol wants, and what else it takes to check.
engine::Task<void> Node::redo(std::uint32_t number, Duty& duty) {
  const ClaimBody& claim = duty.order.claim;
  const verification::Cost cost = world_.audits.cost(claim.blocks(), claim.prompt, claim.rows);
  const auto total = static_cast<Tokens>(std::llround(cost.passes * static_cast<double>(claim.rows)));
  for (Tokens at = 0; at < total;) {
    const Tokens first = at % claim.rows;
    const Tokens count = std::min({world_.serving.prefill_chunk, claim.rows - first, total - at});
    at += count;
    const execution::Work work{claim.blocks(), first, count};
    deeds_.audit_flops +=
        execution::stage_cost(world_.model, setup_.machine, world_.execution.kv_passes, std::span(&work, 1))
            .flops.value();
    queue_.push({.session = {number, audit_leg},
                 .first = first,
                 .count = count,
                 .queued = now(),
                 .blocks = claim.blocks(),
                 .purpose = Purpose::audit});
    work_.notify_all();
    while (duty.done < at) {
      auto waiting = duty.changed.wait();
      co_await waiting;
    }
  }
  if (cost.verify_s > 0) {
    queue_.push({.session = {number, audit_leg},
                 .queued = now(),
                 .blocks = {span_.begin, span_.begin + 1},
                 .purpose = Purpose::audit,
                 .device_s = cost.verify_s});
    work_.notify_all();
    while (!duty.checked) {
      auto waiting = duty.changed.wait();
      co_await waiting;
    }
  }
}

// Rounds with every executor in turn; a text has none. False: somebody did not answer.
engine::Task<bool> Node::question(std::uint32_t number, Duty& duty) {
  const ClaimBody& claim = duty.order.claim;
  const verification::Cost cost = world_.audits.cost(claim.blocks(), claim.prompt, claim.rows);
  for (int round = 0; round < cost.rounds; ++round) {
    const Part& part = claim.parts[static_cast<std::size_t>(round) % claim.parts.size()];
    const auto bytes = static_cast<float>(cost.dialogue.value() / (2.0 * cost.rounds));
    post(world_.entity(part.node), Question{number, claim.request.index(), part.leg, duty.round, id().index(), bytes});
    const Time until = now() + patience(world_.audits, claim);
    while (duty.round <= round && now() < until) {
      auto waiting = duty.changed.wait_for(until - now());
      co_await waiting;
    }
    if (duty.round <= round) co_return false;
  }
  co_return true;
}

Voted Node::verdict(const Duty& duty) const {
  if (duty.testimony.vote != behaviour::Vote::as_found) return unseen(duty.testimony);
  return finding(world_, duty.order.claim, duty.exhibits, duty.examined);
}

void Node::take_evidence(EvidenceBody body) {
  const auto found = duties_.find(body.audit);
  if (found == duties_.end()) return;
  Duty& duty = found->second;
  EXPECT(duty.missing > 0);
  --duty.missing;
  duty.exhibits.add(std::move(body));
  duty.changed.notify_all();
}

void Node::finish_chore(const Item& item) {
  if (item.purpose == Purpose::prove) {
    deeds_.prove_s += item.spent_s;
    return claim_ready(item.session);
  }
  deeds_.audit_s += item.spent_s;
  const auto found = duties_.find(item.session.request);
  if (found == duties_.end()) return;
  Duty& duty = found->second;
  duty.device_s += item.spent_s;
  duty.done += item.count;
  duty.checked = duty.checked || item.count == 0;
  duty.changed.notify_all();
}

void Node::vote(std::uint32_t number, Voted said, bool looked) {
  const Duty& duty = duties_.at(number);
  deeds_.redone += looked ? 1 : 0;
  say(duty.order.claim, number, said, looked, duty.device_s);
  if (holds_room(world_.audits, duty)) kv_.release({number, audit_leg});
  duties_.erase(number);
}

// At once, or first the hash of it.
void Node::say(const ClaimBody& claim, std::uint32_t number, Voted said, bool looked, double device_s) {
  if (!world_.audits.sealed()) return post(world_.auditor(), Vote{number, node_.index(), said, looked, device_s});
  Draw draw(world_.seed, Stream::verification, node_.index(), std::uint64_t{1} << 61 | number);
  const SealedVote sealed{said, looked, device_s, draw.bits()};
  const auto answer = static_cast<std::uint8_t>(said);
  const ledger::Digest digest = ledger::commitment(claim.request, node_, sealed.nonce, ledger::BytesView(&answer, 1));
  sealed_.insert_or_assign(number, sealed);
  post(world_.auditor(), Seal{world_.mail.seals.put({number, node_, digest})});
}

void Node::unseal(std::uint32_t number) {
  const auto found = sealed_.find(number);
  EXPECT(found != sealed_.end());
  const SealedVote& v = found->second;
  const RevealBody body{number, node_, v.said, v.looked, v.device_s, v.nonce};
  post(world_.auditor(), Reveal{world_.mail.reveals.put(body)});
  sealed_.erase(found);
}

void Node::decline(std::uint32_t number) {
  const Duty& duty = duties_.at(number);
  post(world_.auditor(), Vote{number, node_.index(), Voted::declined, false, duty.device_s});
  kill(duty.process);
  queue_.forget({number, audit_leg});
  if (holds_room(world_.audits, duty)) kv_.release({number, audit_leg});
  duties_.erase(number);
}

void Node::decline_all() {
  while (!duties_.empty()) decline(duties_.begin()->first);
}

void Node::drop_duties() {
  for (const auto& [number, duty] : duties_) kill(duty.process);
  duties_.clear();
}

}  // namespace orrery::sim::serving
