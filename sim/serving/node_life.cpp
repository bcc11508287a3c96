// The life of a node: sessions on line one after another; in each it chooses blocks, loads them, announces itself and
// now and then considers to move.
#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

#include "sim/serving/node.hpp"
#include "sim/serving/registrar.hpp"
#include "sim/swarm/device.hpp"

namespace orrery::sim::serving {

NodeSetup make_node_setup(const World& world, const swarm::NodeSpec& spec, bool nat) {
  const swarm::DeviceClass& device = swarm::device(spec.device);
  const auto share = [](double scenario, double own) { return scenario > 0 ? scenario : own; };
  NodeSetup setup;
  setup.machine.compute =
      device.peak(world.model.compute_dtype) * share(world.execution.compute_efficiency, device.compute_efficiency);
  setup.machine.bandwidth =
      device.memory_bandwidth * share(world.execution.bandwidth_efficiency, device.bandwidth_efficiency);
  setup.machine.overhead_s = device.stage_overhead_s + world.execution.hop_overhead_s;
  setup.machine.block_overhead_s = device.block_overhead_s;
  const execution::ExecutionParams& measured = world.execution;
  if (measured.node_gflops > 0) setup.machine.compute = FlopsPerSecond(1e9 * measured.node_gflops);
  if (measured.node_gbytes_s > 0) setup.machine.bandwidth = BytesPerSecond(1e9 * measured.node_gbytes_s);
  if (measured.node_block_us > 0) setup.machine.block_overhead_s = 1e-6 * measured.node_block_us;
  setup.machine.slowdown = spec.slowdown * world.audits.slowdown();

  const double reserve = world.serving.memory_reserve_gib * 1073741824.0 * world.model.hidden / 14336.0;
  setup.memory = Bytes(std::max(0.0, device.memory.value() - reserve));
  double block = 0;
  for (const workload::BlockCost& b : world.model.blocks) {
    block =
        std::max(block, b.weights.value() + static_cast<double>(world.serving.cache_tokens) * b.kv_per_token.value());
  }
  setup.max_blocks = std::min(world.model.block_count(), static_cast<int>(std::min(1e6, setup.memory.value() / block)));
  if (spec.row >= 0)
    setup.machine.profile = world.profile(world.swarm.node[static_cast<std::size_t>(spec.row)].profile);
  // Measured times stand in the place of the roofline, whose fit has a part that comes once a stage.
  if (setup.machine.profile) setup.machine.overhead_s = world.execution.hop_overhead_s;
  const int profiled = setup.machine.profile ? setup.machine.profile->most_blocks() : 0;
  if (profiled > 0) setup.max_blocks = std::min(setup.max_blocks, profiled);
  if (spec.max_blocks_override > 0) setup.max_blocks = std::min(setup.max_blocks, spec.max_blocks_override);
  setup.network = std::min(spec.up, spec.down);
  setup.relay = nat;
  setup.arithmetic = spec.arithmetic;
  setup.inference_rps = execution::block_rps(world.model, setup.machine);
  const execution::Work batch{{0, world.model.block_count()}, 0, 1024};
  execution::Machine bare = setup.machine;
  bare.overhead_s = 0;
  const double seconds = execution::stage_cost(world.model, bare, 1.0, std::span(&batch, 1)).time.seconds();
  setup.forward_rps = 1024.0 * world.model.block_count() / seconds;
  return setup;
}

// Petals' servers announce how many requests a second they could take: a request enters at a uniformly random block of
// the span, so it passes (blocks + 1) / 2 of them on average; a relay costs most of the network's rate (petals 22afba6,
// server/throughput.py).
NodeView describe(const World& world, const NodeSetup& setup, NodeId node, BlockSpan span) {
  NodeView v;
  v.node = node;
  v.span = span;
  v.max_blocks = setup.max_blocks;
  v.inference_rps = setup.inference_rps;
  v.compute_flops = setup.machine.compute.value() / setup.machine.slowdown;
  v.memory_bandwidth = setup.machine.bandwidth.value() / setup.machine.slowdown;
  v.memory_bytes = setup.memory.value();
  v.network_bandwidth = setup.network.value();
  v.relay = setup.relay;
  const int blocks = span.empty() ? std::max(1, setup.max_blocks) : span.size();
  const double compute = setup.forward_rps / ((blocks + 1) / 2.0);
  const double network = setup.network.value() / world.rows_bytes(1).value() * (setup.relay ? 0.2 : 1.0);
  v.throughput = std::min(compute, network);
  return v;
}

Node::Node(World& world, NodeId node, const NodeSetup& setup, swarm::Life life)
    : Peer(world, world.entity(node)),
      node_(node),
      setup_(setup),
      life_(std::move(life)),
      session_(life_.next()),
      queue_(batch_limits({})),
      work_(*this),
      loaded_(*this),
      views_(*this),
      sharding_draw_(world.seed, Stream::sharding, node.index()),
      audit_draw_(world.seed, Stream::behaviour, node.index(), std::uint64_t{1} << 62),
      cheap_models_(world.model, world.held) {}

void Node::start(std::optional<BlockSpan> placed) { spawn(live(placed)); }

NodeView Node::view(BlockSpan span) const {
  NodeView v = describe(world_, setup_, node_, span);
  const double per_token = world_.kv_bytes({0, 1}, 1).value();
  v.cache_left = span.empty() ? 0 : static_cast<Tokens>(std::max(0.0, (kv_.free() + kept_bytes()).value()) / per_token);
  v.queue = static_cast<int>(queue_.size()) + (computing_since_ ? 1 : 0);
  v.sessions = static_cast<int>(sessions_.size());
  v.block_latency_s = steps_.blocks > 0 ? steps_.waited.seconds() / static_cast<double>(steps_.blocks) : 0;
  v.busy = now() > announced_at_ ? (computed() - announced_computed_).seconds() / (now() - announced_at_).seconds() : 0;
  if (session_) v.online_since = session_->join - session_->past;
  v.announced = now();
  return v;
}

std::optional<NodeView> Node::present_view() const {
  if (!online_ || span_.empty() || leaving_) return std::nullopt;
  NodeView v = view(span_);
  v.block_latency_s = recent_step_s_;
  return v;
}

Bytes Node::weight_bytes(BlockSpan blocks) const {
  Bytes weights;
  for (int b = blocks.begin; b < blocks.end; ++b) weights += world_.model.blocks[static_cast<std::size_t>(b)].weights;
  return weights;
}

Bytes Node::kv_room(BlockSpan span) const {
  const Bytes beside_weights = setup_.memory - weight_bytes(span);
  if (span.empty() || !setup_.machine.profile) return beside_weights;
  const double per_token = world_.kv_bytes({0, 1}, 1).value();
  return Bytes(per_token * execution::Profile::at(setup_.machine.profile->kv_tokens, span.size(),
                                                  beside_weights.value() / per_token));
}

BatchLimits Node::batch_limits(BlockSpan span) const {
  const ServingParams& s = world_.serving;
  BatchLimits limits{.tokens = s.max_batch_tokens, .sessions = s.max_batch_sessions, .layer = by_layer()};
  limits.prompts = limits.decodes = s.max_batch_sessions;
  limits.prompt_tokens = s.max_batch_tokens;
  limits.decode_context = std::numeric_limits<Tokens>::max() / 2;
  if (span.empty() || !setup_.machine.profile) return limits;
  const execution::Profile& p = *setup_.machine.profile;
  const auto measured = [&span](Tokens& limit, const std::vector<double>& by_blocks) {
    limit = std::llround(execution::Profile::at(by_blocks, span.size(), static_cast<double>(limit)));
  };
  measured(limits.prompts, p.max_prompts);
  measured(limits.prompt_tokens, p.max_prompt_tokens);
  measured(limits.decodes, p.max_decodes);
  measured(limits.decode_context, p.max_decode_context);
  return limits;
}

Tokens Node::cache_for(BlockSpan span) const {
  return static_cast<Tokens>(std::max(0.0, kv_room(span).value()) / world_.kv_bytes({0, 1}, 1).value());
}

engine::Process Node::live(std::optional<BlockSpan> placed) {
  while (session_) {
    if (session_->join > now()) {
      const Duration wait = session_->join - now();
      auto sleeping = sleep(wait);
      co_await sleeping;
    }
    online_ = true;
    online_since_ = now();
    if (placed) {
      if (!placed->empty()) {
        begin_serving(*placed);
        session_processes_.push_back(spawn(rebalance_for_ever()));
      }
      placed.reset();
    } else {
      session_processes_.push_back(spawn(join()));
    }
    if (session_->leave == Time::never()) co_return;
    if (!session_->crash) {
      const Time notice = std::max(now(), session_->leave - Duration::from_seconds(world_.serving.drain_s));
      auto until_notice = sleep(notice - now());
      co_await until_notice;
      say_leaving();
    }
    auto until_end = sleep(session_->leave - now());
    co_await until_end;
    go_down();
    session_ = life_.next();
  }
}

engine::Task<Snapshot> Node::ask_view() {
  for (;;) {
    post(world_.directory(), AskView{id().index()});
    auto waiting = views_.receive_for(Duration::from_seconds(world_.serving.connect_timeout_s));
    std::optional<Snapshot> reply = co_await waiting;
    if (reply) co_return *reply;
  }
}

// The span for a node that joins on this view.
BlockSpan Node::choose_span(const std::vector<NodeView>& known) {
  // Its own old announcement, if it is still about, is not somebody else's service.
  std::vector<NodeView> nodes;
  nodes.reserve(known.size() + 1);
  std::copy_if(known.begin(), known.end(), std::back_inserter(nodes),
               [this](const NodeView& v) { return v.node < node_; });
  const std::size_t self = nodes.size();
  nodes.push_back(view({}));
  std::copy_if(known.begin(), known.end(), std::back_inserter(nodes),
               [this](const NodeView& v) { return v.node > node_; });
  const SwarmView swarm{world_.model.block_count(), now(), nodes, world_.estimates};
  const BlockSpan chosen = world_.sharding.join(swarm, self, sharding_draw_);
  EXPECT(chosen.size() <= setup_.max_blocks && chosen.begin >= 0 && chosen.end <= world_.model.block_count());
  return chosen;
}

engine::Process Node::join() {
  if (setup_.max_blocks == 0) co_return;  // too small for a single block: on line, and of no use
  auto delay = sleep(Duration::from_seconds(world_.sharding.join_delay_s(sharding_draw_)));
  co_await delay;
  auto asking = ask_view();
  Snapshot known = co_await asking;
  const BlockSpan chosen = choose_span(*known);
  known.reset();  // loading takes minutes, and views of large swarms are large
  if (chosen.empty()) co_return;
  auto loading = load(chosen);
  co_await loading;
  if (leaving_) co_return;
  begin_serving(chosen);
  session_processes_.push_back(spawn(rebalance_for_ever()));
}

// All weights of a span come over the node's own down link, beside its messages.
engine::Task<void> Node::load(BlockSpan span) {
  const Time begun = now();
  loading_ = inflow(weight_bytes(span));
  auto waiting = loaded_.wait();
  co_await waiting;
  port_.end_bulk_down(weight_bytes(span));
  record_.trace("load " + std::to_string(span.size()) + " blocks", begun, now());
}

// What a former life of the node began to load is of no use to this one.
void Node::flowed_in(std::uint32_t number) {
  if (number == loading_) loaded_.notify_all();
}

void Node::begin_serving(BlockSpan span) {
  span_ = span;
  kv_ = KvPool(kv_room(span));
  queue_.serve(span, batch_limits(span));
  waiting_rows_ = {};
  serving_since_ = now();
  computed_ = {};
  announced_at_ = now();
  announced_computed_ = {};
  steps_ = {};
  recent_step_s_ = 0;
  serving_processes_ = {spawn(compute()), spawn(announce_for_ever())};
}

void Node::end_serving() {
  for (const engine::ProcessId& process : serving_processes_) kill(process);
  serving_processes_.clear();
  if (span_.empty()) return;
  record_.span(Series::live, serving_since_, now());
  record_.serving(span_, serving_since_, now());
  record_.trace("blocks " + std::to_string(span_.begin) + "-" + std::to_string(span_.end - 1), serving_since_, now());
  if (computing_since_) record_.span(Series::busy, *computing_since_, now());
  computing_since_.reset();
  for (const auto& [name, session] : sessions_) {
    world_.numbers.drop(key(name));
    if (session.prefix_rows) world_.numbers.forget(key(name), *session.prefix_rows);
  }
  for (const auto& [group, kept] : prefixes_.all()) world_.numbers.forget(key(kept.maker), kept.rows);
  sessions_.clear();
  prefixes_.clear();
  drop_duties();
  drop_unready_claims();
  copies_.clear();
  kv_.clear();
  queue_.clear();
  span_ = {};
}

void Node::announce() {
  if (leaving_) return;
  post(world_.directory(), Announce{world_.mail.announcements.put(view(span_))});
  announced_at_ = now();
  announced_computed_ = computed();
  steps_ = {};
}

engine::Process Node::announce_for_ever() {
  for (;;) {
    announce();
    auto waiting = sleep(Duration::from_seconds(world_.swarm.announce_period_s));
    co_await waiting;
  }
}

engine::Process Node::rebalance_for_ever() {
  for (int wishes = 0;;) {
    const double period = world_.rebalancing.period_s(sharding_draw_);
    if (!std::isfinite(period)) co_return;
    auto waiting = sleep(Duration::from_seconds(period));
    co_await waiting;
    auto asking = ask_view();
    Snapshot known = co_await asking;
    const rebalancing::Decision decision = reconsider(*known, wishes);
    known.reset();
    wishes = decision.kind == rebalancing::Decision::Kind::wish ? wishes + 1 : 0;
    if (decision.kind != rebalancing::Decision::Kind::move || decision.target == span_ || leaving_) continue;
    auto moving = move(decision.target);
    co_await moving;
    if (leaving_) co_return;
  }
}

rebalancing::Decision Node::reconsider(const std::vector<NodeView>& known, int wishes) {
  const auto self = std::find_if(known.begin(), known.end(), [this](const NodeView& v) { return v.node == node_; });
  if (self == known.end()) return {};  // its first announcement has not arrived yet
  rebalancing::RebalancingView view;
  view.swarm = {world_.model.block_count(), now(), known, world_.estimates};
  view.self = static_cast<std::size_t>(self - known.begin());
  view.wishes = wishes;
  view.served = now() - serving_since_;
  for (const auto& [name, session] : sessions_) view.cached += session.next;
  view.reload_s = [this](BlockSpan span) { return port_.down_time(weight_bytes(span)).seconds(); };
  const rebalancing::Decision decision = world_.rebalancing.decide(view, sharding_draw_);
  if (decision.kind == rebalancing::Decision::Kind::move) {
    EXPECT(!decision.target.empty() && decision.target.begin >= 0);
    EXPECT(decision.target.size() <= setup_.max_blocks && decision.target.end <= world_.model.block_count());
  }
  return decision;
}

// All that the old blocks held is lost; the new ones are fetched before it serves again.
engine::Task<void> Node::move(BlockSpan target) {
  ++moves_;
  const Time began = now();
  give_up_all(Reason::moved);
  decline_all();
  post(world_.directory(), Withdraw{node_.index()});
  end_serving();
  auto loading = load(target);
  co_await loading;
  if (leaving_) co_return;
  begin_serving(target);
  moving_times_s_.push_back((now() - began).seconds());
}

void Node::give_up_all(Reason reason) {
  for (const auto& [name, session] : sessions_) {
    post(session.spec.client, GiveUp{name.request, name.leg, reason});
  }
}

// In good order: nobody new will be sent here, and those who are here hear of it while they are still served.
void Node::say_leaving() {
  leaving_ = true;
  if (span_.empty()) return;
  post(world_.directory(), Withdraw{node_.index()});
  give_up_all(Reason::leaving);
  decline_all();
}

void Node::go_down() {
  if (!span_.empty()) ++losses_;
  end_serving();
  for (const engine::ProcessId& process : session_processes_) kill(process);
  session_processes_.clear();
  kept_.clear();
  online_ = false;
  break_off();
  leaving_ = false;
  online_total_s_ += (now() - online_since_).seconds();
  record_.trace(session_->crash ? "crash" : "leave", now(), now());
}

double Node::online_s(Time end) const { return online_total_s_ + (online_ ? (end - online_since_).seconds() : 0.0); }

void Node::finish(Time end) {
  EXPECT(end == now());
  end_serving();
}

}  // namespace orrery::sim::serving
