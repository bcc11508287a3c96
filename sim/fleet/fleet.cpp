#include "sim/fleet/fleet.hpp"

#include <algorithm>

namespace orrery::sim::fleet {
namespace {

std::uint64_t count(const workload::Workload& workload) {
  std::uint64_t requests = 0;
  for (workload::Arrivals arrivals = workload.arrivals(); arrivals.next();) ++requests;
  return requests;
}

}  // namespace

void Fleet::Crowd::begin() {
  ground_.simulation().add(*this);
  plan();
}

// A request reaches its client by a message, so it leaves here a lookahead before it arrives there.
void Fleet::Crowd::plan() {
  next_ = arrivals_.next();
  if (!next_) return;
  const Time leaves = std::max(ground_.now(), next_->arrival - ground_.simulation().lookahead());
  ground_.simulation().timer(ground_.crowd(), leaves - ground_.now(), Next{next_->id.index()});
}

void Fleet::Crowd::on_event(const engine::Event&) {
  const Duration delay = std::max(ground_.simulation().lookahead(), next_->arrival - ground_.now());
  ground_.simulation().send(
      ground_.crowd(), ground_.client(next_->client.index()), delay,
      Arrive{next_->id.index(), static_cast<std::uint32_t>(next_->prompt), static_cast<std::uint32_t>(next_->output)});
  plan();
}

void Fleet::Referee::on_event(const engine::Event&) {
  ++ended;
  EXPECT(ended <= expected);
  if (ended == expected) ground.simulation().stop();
}

Fleet::Fleet(const serving::Scenario& scenario, const workload::ModelGraph& model, engine::EventSet set)
    : workload_(workload::Workload::make(scenario.workload, static_cast<std::uint64_t>(scenario.experiment.seed))),
      expected_(count(*workload_)),
      ground_(scenario, model, set),
      directory_(ground_),
      nodes_(ground_),
      clients_(ground_),
      referee_{ground_, expected_},
      crowd_(ground_, *workload_) {
  check();
  nodes_.begin(directory_);
  clients_.begin();
  directory_.begin();
  ground_.simulation().add(referee_);
  crowd_.begin();
  EXPECT(ground_.simulation().entities() == ground_.crowd().index() + 1);
}

void Fleet::check() const {
  VALIDATE(expected_ > 0, "workload", "no request ever arrives", "there would be nothing to measure",
           "Raise workload.requests, workload.rate or workload.duration_s.");
  std::int64_t blocks = 0;
  for (std::uint32_t node = 0; node < ground_.nodes && blocks < ground_.model.block_count(); ++node) {
    blocks += ground_.kind(node).setup.max_blocks;
  }
  VALIDATE(blocks >= ground_.model.block_count(), "swarm",
           "model '" + ground_.model.name + "' fits on no set of these nodes",
           "all of them together hold " + std::to_string(blocks) + " of its " +
               std::to_string(ground_.model.block_count()) + " blocks",
           "Add nodes or memory, choose a smaller model.weights, or lower serving.cache_tokens.");
}

Time Fleet::run(const serving::RunOptions& options) {
  const Time horizon = ground_.horizon();
  const Duration step = Duration::from_seconds(std::max(1.0, ground_.scenario.experiment.sample_period_s));
  engine::Simulation& simulation = ground_.simulation();
  // In steps, so that progress can be shown; how far a step goes changes nothing.
  while (simulation.now() < horizon && referee_.ended < expected_) {
    simulation.run(std::min(horizon, simulation.now() + step));
    if (options.progress) {
      options.progress(static_cast<double>(referee_.ended) / static_cast<double>(expected_), simulation.now());
    }
  }
  clients_.finish(simulation.now());
  nodes_.finish(simulation.now());
  return simulation.now();
}

std::uint64_t Fleet::state_hash() const {
  std::uint64_t hash = ground_.simulation().trace_hash() ^ nodes_.state_hash();
  std::vector<Clients::Outcome> ends = clients_.outcomes();
  std::sort(ends.begin(), ends.end(), [](const auto& a, const auto& b) { return a.request < b.request; });
  for (const Clients::Outcome& o : ends) {
    hash ^= std::uint64_t{o.request} << 32 | o.output;
    hash = (hash ^ static_cast<std::uint64_t>(Duration::from_seconds(std::max(0.0, o.latency_s)).ns())) *
           0x9e3779b97f4a7c15u;
    hash ^= hash >> 29 ^ static_cast<std::uint64_t>(o.cause);
  }
  return hash;
}

RunResult run(const serving::Scenario& scenario, const Context& context, const serving::RunOptions& options) {
  if (scenario.swarm.form != "large" || scenario.game.jobs > 0) return serving::run(scenario, context, options);
  VALIDATE(!options.trace, "--trace", "cannot be written with swarm.form = \"large\"",
           "a timeline of every node would be larger than the run", "Leave it out.");
  const workload::ModelGraph model = workload::graph(scenario.model);
  Fleet fleet(scenario, model);  // on every rank, so that whatever is wrong with the input is thrown on every rank
  if (context.rank() > 0) return {};
  const Time end = fleet.run(options);
  return fleet.result(end);
}

}  // namespace orrery::sim::fleet
