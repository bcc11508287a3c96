// Batches: how a node turns queued activations into outputs.
#include "sim/serving/node.hpp"

namespace orrery::sim::serving {

engine::Process Node::compute() {
  for (;;) {
    while (queue_.empty()) {
      auto waiting = work_.wait();
      co_await waiting;
    }
    const std::vector<Item> batch = queue_.next();
    computing_since_ = now();
    const Duration needed = world_.numbers.compute_now(tasks(batch)) ? Duration() : cost(batch).time;
    auto computing = sleep(needed);
    co_await computing;
    record_.span(Series::busy, *computing_since_, now());
    computed_ += now() - *computing_since_;
    if (record_.tracing()) {
      Tokens tokens = 0;
      for (const Item& item : batch) tokens += item.count;
      record_.trace("batch " + std::to_string(batch.size()) + " sessions, " + std::to_string(tokens) + " tokens",
                    *computing_since_, now());
    }
    computing_since_.reset();
    for (const Item& item : batch) deliver(item);
  }
}

execution::StageCost Node::cost(const std::vector<Item>& batch) const {
  std::vector<execution::Work> works;
  works.reserve(batch.size());
  for (const Item& item : batch) works.push_back({sessions_.at(item.session).spec.blocks, item.first, item.count});
  return execution::stage_cost(world_.model, setup_.machine, world_.execution.kv_passes, works);
}

std::vector<execution::StageTask> Node::tasks(const std::vector<Item>& batch) const {
  std::vector<execution::StageTask> list;
  if (!world_.numbers.follows_wall()) return list;
  for (const Item& item : batch) {
    const BlockSpan blocks = sessions_.at(item.session).spec.blocks;
    list.push_back({key(item.session), blocks, {}, item.first, item.count, item.rows});
  }
  return list;
}

// The stage is done: its numbers are asked for, and go to the successor and to the client.
void Node::deliver(const Item& item) {
  const auto found = sessions_.find(item.session);
  if (found == sessions_.end()) return;  // closed while it ran
  Session& session = found->second;
  if (item.pass != session.pass) return;  // of a pass that was given up
  const OpenBody& spec = session.spec;
  const RequestId request(item.session.request);
  const behaviour::Conduct conduct = world_.behaviour.act({.node = node_,
                                                           .request = request,
                                                           .blocks = spec.blocks,
                                                           .first = item.first,
                                                           .count = item.count,
                                                           .honest = setup_.arithmetic},
                                                          {}, nullptr, behaviour_draw_);
  const execution::Handle rows = world_.numbers.run(
      {{node_, request, item.session.leg}, spec.blocks, conduct.stage, item.first, item.count, item.rows});
  if (item.count == 1) {
    steps_.waited += now() - item.queued;
    steps_.blocks += spec.blocks.size();
    const double per_block_s = (now() - item.queued).seconds() / spec.blocks.size();
    recent_step_s_ += recent_step_s_ > 0 ? 0.1 * (per_block_s - recent_step_s_) : per_block_s;
  }
  block_tokens_ += conduct.claimed * static_cast<double>(spec.blocks.size()) * static_cast<double>(item.count);
  const auto first = static_cast<std::uint32_t>(item.first);
  const auto count = static_cast<std::uint16_t>(item.count);
  if (spec.next && item.first + item.count > spec.replay_until) {
    post_rows(spec.next, Activation{item.session.request, spec.next_leg, count, first, item.pass, rows});
  }
  const StageOutput output{item.session.request, item.session.leg, count, first, item.pass, rows};
  if (!spec.next) {
    post_rows(spec.client, output);
  } else if (spec.care.inputs) {
    post(spec.client, output);
  }
  session.computed = item.first + item.count;
  if (session.computed - session.copied >= spec.care.copy_every) send_new_entries(item.session, session);
  session.busy = false;
  queue_next(item.session, session);
}

}  // namespace orrery::sim::serving
