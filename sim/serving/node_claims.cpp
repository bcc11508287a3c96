// What a node answers for: how it makes up its mind about a session, the evidence of a claim, and what it learns from
// the end of an audit.
#include <algorithm>

#include "sim/serving/node.hpp"

namespace orrery::sim::serving {
namespace {

// Can a trace of all rows be made again from these inputs? Not where KV entries came from elsewhere: nobody here has
// the inputs of those.
bool covers(const std::vector<execution::Taken>& taken, Tokens rows) {
  Tokens next = 0;
  for (const execution::Taken& t : taken) {
    if (t.first != next) return false;
    next += t.count;
  }
  return next == rows;
}

}  // namespace

// Whatever is drawn about a session is drawn alike for each of its items.
void Node::make_up_mind(Session& session) {
  session.memory = memory_;
  session.intent = Draw(world_.seed, Stream::behaviour, node_.index(), ++opened_ << 20);
  ++memory_.requests;
  ++memory_.since_rejection;
}

behaviour::Conduct Node::conduct_of(const Item& item, const Session& session) const {
  const BlockSpan blocks = session.spec.blocks;
  const AuditRules::Odds odds(world_.audits, blocks, node_);
  Draw draw = session.intent;
  return world_.behaviour.role(node_).act(
      {node_, RequestId(item.session.request), blocks, item.first, item.count, session.spec.prompt, setup_.arithmetic},
      session.memory, world_.audits.on() ? &odds : nullptr, draw);
}

behaviour::Conduct Node::decide(const Item& item, Session& session) {
  behaviour::Conduct conduct = conduct_of(item, session);
  Work& work = session.work;
  work.claimed = conduct.claimed;
  work.surplus += (conduct.claimed - 1) * static_cast<double>(item.count);
  work.proves = conduct.stage.proves_honestly;
  deeds_.serve_s += item.spent_s;
  // A cheat that leaves this stage as it is, layer_skip with few blocks say, is honest work, to audits and in reports.
  const BlockSpan blocks = session.spec.blocks;
  if (conduct.cheat != "honest" && behaviour::cheats(conduct, blocks, blocks.size() == world_.model.block_count()))
    work.cheat = conduct.cheat;
  if (world_.audits.on()) work.taken.push_back({item.first, item.count, conduct.stage, item.rows});
  return conduct;
}

// The request was served: this part of it may be asked about.
void Node::answer_for(LegName name, Session& session) {
  if (session.work.cheat != "honest") deeds_.cheated.push_back({name, session.work.cheat});
  if (!world_.audits.on()) return;
  const OpenBody& spec = session.spec;
  const double honest_s = session.work.proves ? proof_s(session) : 0;
  KeptClaim kept{spec.blocks, spec.prompt, session.computed, spec.client, std::move(session.work)};
  const double prove_s = honest_s + world_.audits.cost(kept.blocks, kept.prompt, kept.rows).prove_s;
  const int first = kept.blocks.begin;
  kept_.insert_or_assign(name, std::move(kept));
  if (prove_s == 0) return claim_ready(name);
  queue_.push(
      {.session = name, .queued = now(), .blocks = {first, first + 1}, .purpose = Purpose::prove, .device_s = prove_s});
  work_.notify_all();
}

// The honest pass that evidence is made from where the text was not: a prefill of all of it.
double Node::proof_s(const Session& session) const {
  double seconds = 0;
  for (Tokens at = 0; at < session.computed; at += world_.serving.prefill_chunk) {
    const execution::Work work{session.spec.blocks, at, std::min(world_.serving.prefill_chunk, session.computed - at)};
    seconds += execution::stage_cost(world_.model, setup_.machine, world_.execution.kv_passes, std::span(&work, 1))
                   .time.seconds();
  }
  return seconds;
}

// Every claim comes with its evidence, whether anybody will look at it or not.
void Node::claim_ready(LegName name) {
  const auto found = kept_.find(name);
  if (found == kept_.end()) return;
  KeptClaim& kept = found->second;
  kept.ready = true;
  const Bytes evidence = world_.audits.cost(kept.blocks, kept.prompt, kept.rows).evidence;
  post(kept.client, ClaimEvidence{evidence.value()});
  for (const AskEvidence& ask : std::exchange(kept.waiting, {})) hand_over(ask);
  if (kept.ruled) kept_.erase(found);
}

void Node::hand_over(const AskEvidence& ask) {
  const auto found = kept_.find({ask.request, ask.leg});
  EvidenceBody body{.audit = ask.audit};
  if (found != kept_.end()) {
    KeptClaim& kept = found->second;
    if (!kept.ready) return kept.waiting.push_back(ask);
    const verification::Cost cost = world_.audits.cost(kept.blocks, kept.prompt, kept.rows);
    body.there = covers(kept.work.taken, ask.rows);
    body.cheat = kept.work.cheat;
    body.leg = ask.leg;
    body.claimed = kept.work.claimed;
    if (world_.numbers.examines()) body.taken = kept.work.taken;
    body.bytes = cost.evidence;
    // Whoever redoes a stage needs what went into it; whoever redoes the text has that from the client.
    if (cost.passes > 0 && !world_.audits.of_text()) body.bytes += world_.rows_bytes(kept.rows);
  }
  post(engine::EntityId(ask.verifier), Evidence{world_.mail.evidence.put(std::move(body))});
}

void Node::reply(const Question& question) {
  if (!kept_.contains({question.request, question.leg})) return;
  post(engine::EntityId(question.verifier), Reply{question.audit, question.round, question.bytes});
}

void Node::hear(const Ruling& ruling) {
  const auto found = kept_.find({ruling.request, ruling.leg});
  if (found != kept_.end()) {
    found->second.ruled = true;
    if (found->second.ready) kept_.erase(found);
  }
  if (!ruling.looked) return;
  ++memory_.audits;
  if (ruling.rejected) {
    ++memory_.rejected;
    memory_.since_rejection = 0;
  }
  if (!world_.behaviour.role(node_).takes_new_name(memory_)) return;
  memory_ = {.identities = memory_.identities + 1};
  deeds_.renamed.push_back(now());
  post(world_.auditor(), NewName{node_.index()});
}

// What was not made yet never will be: the queue it waited in is gone.
void Node::drop_unready_claims() {
  std::erase_if(kept_, [](const auto& entry) { return !entry.second.ready; });
}

}  // namespace orrery::sim::serving
