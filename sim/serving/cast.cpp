#include "sim/serving/cast.hpp"

#include <algorithm>

#include "sim/serving/endpoints.hpp"
#include "sim/swarm/device.hpp"
#include "sim/workload/dtype.hpp"
#include "sim/workload/model_shape.hpp"

namespace orrery::sim::serving {
namespace {

execution::Held held_in(const workload::ModelParams& model) {
  const double heads = workload::model_shape(model.name, "model.name").head_dim;
  return {.weight = workload::bytes_per_parameter(model.weights),
          .kv = workload::bytes_per_parameter(model.kv),
          .fp8_kv = 1 + 4 / heads};  // one fp32 scale a head and position (sim/arithmetic.hpp)
}

execution::Machine machine_of(const swarm::DeviceClass& device, const std::string& dtype) {
  execution::Machine machine;
  machine.compute = device.peak(dtype) * device.compute_efficiency;
  machine.bandwidth = device.memory_bandwidth * device.bandwidth_efficiency;
  return machine;
}

std::optional<Lookup> lookup_of(const Scenario& scenario, const workload::ModelGraph& model) {
  if (scenario.workload.kind != "rag") return std::nullopt;
  const workload::RetrievalParams& r = scenario.retrieval;
  if (r.place == "client") return Lookup{r, client_machine(scenario, model)};
  return Lookup{r, machine_of(swarm::device(swarm::device_named(r.device, "retrieval.device")), "fp16")};
}

std::uint64_t seed_of(const Scenario& scenario) { return static_cast<std::uint64_t>(scenario.experiment.seed); }

}  // namespace

execution::Machine client_machine(const Scenario& scenario, const workload::ModelGraph& model) {
  return machine_of(swarm::device(swarm::device_named(scenario.serving.client_device, "serving.client_device")),
                    model.compute_dtype);
}

const execution::Profile* World::profile(const std::string& name) const {
  if (name.empty()) return nullptr;
  std::vector<std::string> names;
  for (const execution::Profile& p : profiles) {
    if (p.name == name) return &p;
    names.push_back(p.name);
  }
  fail_input(
      "swarm.node", "unknown profile '" + name + "'",
      execution.profiles.empty() ? "execution.profiles names no file" : execution.profiles + " has no such profile",
      config::suggest(name, names));
}

Cast::Cast(const Scenario& scenario, const workload::ModelGraph& model, execution::Numbers& numbers, bool trace,
           Remote* remote)
    : scenario_(scenario),
      model_(model),
      specs_(swarm::populate(scenario.swarm, seed_of(scenario))),
      workload_(workload::Workload::make(scenario.workload, seed_of(scenario))),
      audits_(scenario, model, specs_),
      topology_(scenario.network, make_endpoints(scenario, specs_), seed_of(scenario)),
      simulation_(topology_.lookahead()),
      world_{.experiment = scenario.experiment,
             .serving = scenario.serving,
             .swarm = scenario.swarm,
             .execution = scenario.execution,
             .model = model,
             .topology = topology_,
             .sharding = *scenario.sharding.policy,
             .rebalancing = *scenario.rebalancing.policy,
             .routing = *scenario.routing.policy,
             .failover = *scenario.failover.policy,
             .verification = *scenario.verification.policy,
             .behaviour = *scenario.behaviour.policy,
             .audits = audits_,
             .simulation = simulation_,
             .numbers = numbers,
             .mail = mail_,
             .oracle = make_oracle(),
             .seed = seed_of(scenario),
             .node_count = static_cast<std::uint32_t>(specs_.size()),
             .client_count = static_cast<std::uint32_t>(scenario.workload.clients),
             .trace = trace,
             .remote = remote,
             .held = held_in(scenario.model),
             .lookup = lookup_of(scenario, model)},
      estimates_(world_, TypicalRequest::of(*workload_)) {
  if (!scenario.execution.profiles.empty()) world_.profiles = execution::read_profiles(scenario.execution.profiles);
  const auto lives = std::make_shared<const swarm::LifeModel>(scenario.swarm, seed_of(scenario));
  for (std::uint32_t i = 0; i < specs_.size(); ++i) {
    const NodeSetup setup = make_node_setup(world_, specs_[i], topology_.endpoint(i).nat);
    estimates_.add(setup);
    nodes_.push_back(std::make_unique<Node>(world_, NodeId(i), setup, swarm::Life(lives, NodeId(i))));
  }
  world_.estimates = &estimates_;
  check_capacity();
  check_presence();
  std::vector<std::vector<workload::Request>> by_client(world_.client_count);
  if (workload_->closed()) {
    expected_ = static_cast<std::uint64_t>(scenario.workload.requests);
  } else {
    requests_ = workload_->all();
    for (const workload::Request& r : requests_) by_client[r.client.index()].push_back(r);
    expected_ = requests_.size();
  }
  VALIDATE(expected_ > 0, "workload", "no request ever arrives", "there would be nothing to measure",
           "Raise workload.requests, workload.rate or workload.duration_s.");
  const execution::Machine machine = client_machine(scenario, model);
  for (std::uint32_t c = 0; c < world_.client_count; ++c) {
    clients_.push_back(std::make_unique<Client>(world_, ClientId(c), machine, std::move(by_client[c]), workload_));
  }
  registrar_ = std::make_unique<Registrar>(world_);
  if (audits_.on()) auditor_ = std::make_unique<Auditor>(world_);
  if (world_.has_retriever()) retriever_ = std::make_unique<Retriever>(world_);
  referee_ = std::make_unique<Referee>(world_, expected_);
  carrier_ = std::make_unique<Carrier>(simulation_, topology_, remote);
  EXPECT(carrier_->id() == world_.carrier());
  place();
}

Oracle Cast::make_oracle() const {
  const auto present = [this] {
    auto views = std::make_shared<std::vector<NodeView>>();
    for (const auto& node : nodes_) {
      if (const std::optional<NodeView> view = node->present_view()) views->push_back(*view);
    }
    return Snapshot(std::move(views));
  };
  return {present, [this](NodeId node) { return nodes_[node.index()]->serves_until(); }};
}

void Cast::check_capacity() const {
  std::int64_t blocks = 0;
  for (const auto& node : nodes_) blocks += node->view({}).max_blocks;
  const std::string all = std::to_string(model_.block_count());
  VALIDATE(blocks >= model_.block_count(), "swarm", "model '" + model_.name + "' fits on no set of these nodes",
           "all of them together hold " + std::to_string(blocks) + " of its " + all + " blocks",
           "Add nodes or memory, choose a smaller model.weights, or lower serving.cache_tokens.");
}

// Every view would be empty, and every router without an answer.
void Cast::check_presence() const {
  const Time horizon = Time::from_seconds(scenario_.experiment.max_time_s);
  const bool anybody = std::any_of(nodes_.begin(), nodes_.end(), [horizon](const auto& node) {
    return node->first_session() && node->first_session()->join < horizon;
  });
  VALIDATE(anybody, "swarm", "no node is ever on line", "routers would see an empty swarm all through the run",
           "Raise swarm.initially_online or experiment.max_time_s, or take another part of the trace.");
}

std::vector<NodeView> Cast::first_views() const {
  std::vector<NodeView> views;
  for (const auto& node : nodes_) {
    const auto& session = node->first_session();
    if (session && session->join <= Time()) views.push_back(node->view({}));
  }
  return views;
}

// Who is on line at time zero is placed at once, with the weights in memory, and known to everybody: the run begins in
// the middle of the swarm's life, not at its birth.
void Cast::place() {
  const std::vector<NodeView> views = first_views();
  std::vector<std::size_t> present;
  for (const NodeView& view : views) present.push_back(view.node.index());
  Draw draw(world_.seed, Stream::sharding, world_.directory().index());
  const SwarmView swarm{model_.block_count(), Time(), views, world_.estimates};
  const std::vector<BlockSpan> spans = world_.sharding.place(swarm, draw);
  EXPECT(spans.size() == present.size());
  const bool none = std::all_of(spans.begin(), spans.end(), [](BlockSpan span) { return span.empty(); });
  VALIDATE(spans.empty() || !none, "sharding", "the placement covers no block",
           "none of the " + std::to_string(spans.size()) + " nodes on line at the start was given any",
           "Choose another sharding.policy, or list spans for fixed.");
  if (scenario_.serving.measure_placement) placement_ = report_placement(swarm, spans);
  std::vector<std::optional<BlockSpan>> placed(nodes_.size());
  std::vector<NodeView> announced;
  for (std::size_t k = 0; k < present.size(); ++k) {
    EXPECT(spans[k].empty() ||
           (spans[k].begin >= 0 && spans[k].end <= model_.block_count() && spans[k].size() <= views[k].max_blocks));
    placed[present[k]] = spans[k];
    if (spans[k].empty()) continue;
    announced.push_back(nodes_[present[k]]->view(spans[k]));
    announced.back().cache_left = nodes_[present[k]]->cache_for(spans[k]);
  }
  check_audits(placed);
  registrar_->preload(announced);
  const auto here = [this](engine::EntityId entity) { return !world_.remote || !world_.remote->is_elsewhere(entity); };
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (here(nodes_[i]->id())) nodes_[i]->start(placed[i]);
  }
  for (const auto& client : clients_) {
    if (here(client->id())) client->start(registrar_->snapshot());
  }
  if (auditor_) auditor_->start(registrar_->snapshot());
}

void Cast::check_audits(const std::vector<std::optional<BlockSpan>>& placed) const {
  std::vector<NodeView> views;
  for (std::size_t i = 0; i < nodes_.size(); ++i) views.push_back(nodes_[i]->view(placed[i].value_or(BlockSpan())));
  audits_.check(views, world_.behaviour);
}

Time Cast::run(const RunOptions& options) {
  const Time horizon = Time::from_seconds(scenario_.experiment.max_time_s);
  const Duration step = Duration::from_seconds(std::max(1.0, scenario_.experiment.sample_period_s));
  // In steps, so that progress can be shown; how far a step goes changes nothing.
  while (simulation_.now() < horizon && referee_->ended() < expected_) {
    simulation_.run(std::min(horizon, simulation_.now() + step));
    if (options.progress) {
      options.progress(static_cast<double>(referee_->ended()) / static_cast<double>(expected_), simulation_.now());
    }
  }
  const Time end = simulation_.now();
  finish(end);
  return end;
}

void Cast::finish(Time end) {
  for (const auto& client : clients_) client->finish(end);
  for (const auto& node : nodes_) node->finish(end);
  if (auditor_) auditor_->finish(end);
}

}  // namespace orrery::sim::serving
