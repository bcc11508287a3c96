// Batches: how a node turns queued activations into outputs.
#include <utility>

#include "sim/serving/node.hpp"

namespace orrery::sim::serving {

engine::Process Node::compute() {
  for (;;) {
    while (queue_.empty()) {
      auto waiting = work_.wait();
      co_await waiting;
    }
    if (by_layer()) {
      // Like machines in a row run in step, and then what one has done reaches the next in the very instant in which
      // that gets free: it belongs to the batch, which is formed at the end of the instant.
      auto settling = sleep(Duration());
      co_await settling;
      if (queue_.empty()) continue;
    }
    std::vector<Item> batch = queue_.next();
    Duration needed = take_in_time(batch);
    computing_since_ = now();
    if (!world_.numbers.compute_now(tasks(batch))) needed += cost(batch).time;
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
    share_out(batch, now() - *computing_since_);
    computing_since_.reset();
    for (const Item& item : batch) pass_on(item);
  }
}

bool Node::by_layer() const { return world_.serving.batching == "layer"; }

execution::StageCost Node::cost(const std::vector<Item>& batch) {
  std::vector<execution::Work> works;
  works.reserve(batch.size());
  double chores_s = 0;
  const int block = batch.front().blocks.begin;
  for (const Item& item : batch) {
    const BlockSpan passed = by_layer() ? BlockSpan{block, block + 1} : item.blocks;
    if (item.count > 0) works.push_back({passed, item.first, item.count});
    chores_s += item.device_s;
  }
  execution::StageCost cost;
  if (!works.empty()) {
    execution::Machine machine = setup_.machine;
    if (by_layer() && block != span_.begin) machine.overhead_s = 0;  // once for each round through the layers
    const double kv_passes = world_.execution.kv_passes;
    cost = world_.behaviour.role(node_).serves_honestly()
               ? execution::stage_cost(world_.model, machine, kv_passes, works)
               : execution::conducted_cost(cheap_models_, world_.model, machine, kv_passes, conducted(batch));
  }
  cost.time += Duration::from_seconds(chores_s);
  return cost;
}

// What it is about to do with the rows of a batch.
std::vector<execution::ConductedWork> Node::conducted(const std::vector<Item>& batch) const {
  std::vector<execution::ConductedWork> list;
  for (const Item& item : batch) {
    if (item.count == 0) continue;
    const BlockSpan passed = by_layer() ? BlockSpan{item.blocks.begin, item.blocks.begin + 1} : item.blocks;
    execution::ConductedWork c{{passed, item.first, item.count}, item.blocks, {.honest = setup_.arithmetic}};
    const auto found = sessions_.find(item.session);
    if (item.purpose == Purpose::serve && found != sessions_.end()) {
      c.stage = found->second.spec.blocks;
      c.conduct = conduct_of(item, found->second).stage;
    }
    list.push_back(c);
  }
  return list;
}

// Whose the device's time was: chores have their own, the rest goes by rows.
void Node::share_out(std::vector<Item>& batch, Duration took) const {
  double chores_s = 0;
  Tokens rows = 0;
  for (const Item& item : batch) chores_s += item.device_s, rows += item.count;
  for (Item& item : batch) {
    item.spent_s += item.device_s;
    if (rows > 0)
      item.spent_s += (took.seconds() - chores_s) * static_cast<double>(item.count) / static_cast<double>(rows);
    item.device_s = 0;
  }
}

// Rows that came since the device last took some in. It does so before a batch, by layers before one of its first.
Duration Node::take_in_time(const std::vector<Item>& batch) {
  const double rate = world_.execution.entry_rate;
  if (rate == 0 || (by_layer() && batch.front().blocks.begin != span_.begin)) return {};
  return network::transfer_time(std::exchange(waiting_rows_, Bytes()), BytesPerSecond(rate));
}

// To the next layer of this node, or out of it.
void Node::pass_on(Item item) {
  if (!by_layer() || item.blocks.size() == 1) return deliver(item);
  ++item.blocks.begin;
  queue_.push(item);
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
  if (item.purpose != Purpose::serve) return finish_chore(item);
  const auto found = sessions_.find(item.session);
  if (found == sessions_.end()) return;  // closed while it ran
  Session& session = found->second;
  if (item.pass != session.pass) return;  // of a pass that was given up
  const OpenBody& spec = session.spec;
  const RequestId request(item.session.request);
  const behaviour::Conduct conduct = decide(item, session);
  const execution::Handle rows = world_.numbers.run(
      {{node_, request, item.session.leg}, spec.blocks, conduct.stage, item.first, item.count, item.rows});
  if (item.count == 1) {
    steps_.waited += now() - item.queued;
    steps_.blocks += spec.blocks.size();
    const double per_block_s = (now() - item.queued).seconds() / spec.blocks.size();
    recent_step_s_ += recent_step_s_ > 0 ? 0.1 * (per_block_s - recent_step_s_) : per_block_s;
  }
  block_tokens_ += static_cast<double>(spec.blocks.size()) * static_cast<double>(item.count);
  const auto first = static_cast<std::uint32_t>(item.first);
  const auto count = static_cast<std::uint16_t>(item.count);
  if (spec.next && item.first + item.count > spec.replay_until) {
    post_rows(spec.next, Activation{item.session.request, spec.next_leg, count, first, item.pass, rows});
  }
  const double surplus = session.work.surplus;
  if (surplus != 0) post(spec.client, Bill{item.session.request, item.session.leg, surplus});
  const StageOutput output{item.session.request, item.session.leg, count, first, item.pass, rows};
  if (!spec.next) {
    post_rows(spec.client, output);
  } else if (spec.care.inputs) {
    post(spec.client, output);
  }
  session.computed = item.first + item.count;
  copy_prefix(item.session, session);
  if (session.computed - session.copied >= spec.care.copy_every) send_new_entries(item.session, session);
  session.busy = false;
  queue_next(item.session, session);
}

}  // namespace orrery::sim::serving
