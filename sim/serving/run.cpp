#include "sim/serving/run.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "data/facts.hpp"
#include "sim/execution/rank_numbers.hpp"
#include "sim/game/game.hpp"
#include "sim/serving/cast.hpp"
#include "sim/serving/live_run.hpp"
#include "sim/serving/metrics.hpp"

namespace orrery::sim::serving {
namespace {

std::shared_ptr<const kernels::model::Model> open_model(const Scenario& s) {
  if (!s.model.path.empty()) return kernels::model::Model::open(s.model.path);
  return kernels::model::Model::open_bytes(data::fact("model/config.json"), data::fact("model/model.safetensors"),
                                           data::fact("model/tokenizer.json"));
}

std::string prompt_text(const std::string& path) {
  if (path.empty()) return std::string(data::fact("model/heldout.txt"));
  std::ifstream in(path, std::ios::binary);
  VALIDATE(in.good(), path, "cannot be read", "execution.prompts names it", "Check the path.");
  return {std::istreambuf_iterator<char>(in), {}};
}

struct Longest {
  Tokens prompt = 0;
  Tokens total = 0;
};
Longest longest(const Scenario& s) {
  const auto workload = workload::Workload::make(s.workload, static_cast<std::uint64_t>(s.experiment.seed));
  Longest most;
  const auto look = [&most](const workload::Request& r) {
    most.prompt = std::max(most.prompt, r.prompt);
    most.total = std::max(most.total, r.prompt + r.output);
  };
  if (!workload->closed()) {
    for (const workload::Request& r : workload->all()) look(r);
    return most;
  }
  for (std::uint32_t c = 0; c < s.workload.clients; ++c) {
    for (std::uint32_t turn = 0;; ++turn) {
      const auto r = workload->turn(ClientId(c), turn);
      if (!r) break;
      look(*r);
    }
  }
  return most;
}

// The weights must be what the costs were worked out from.
void check_shape(const kernels::model::Config& c, const workload::ModelGraph& graph, const Scenario& s) {
  const std::string place = s.model.path.empty() ? "model" : s.model.path;
  VALIDATE(c.layers == graph.block_count() && c.hidden == graph.hidden, place,
           "weights have " + std::to_string(c.layers) + " blocks of width " + std::to_string(c.hidden),
           "model.name = \"" + s.model.name + "\" has " + std::to_string(graph.block_count()) + " of width " +
               std::to_string(graph.hidden),
           "Name the model that model.path holds.");
  const workload::BlockCost& block = graph.blocks.front();
  VALIDATE(c.experts == block.experts && c.experts_active == block.experts_active, place,
           "weights have " + std::to_string(c.experts) + " experts, of which a token uses " +
               std::to_string(c.experts_active),
           "model.name = \"" + s.model.name + "\" has " + std::to_string(block.experts) + " and " +
               std::to_string(block.experts_active),
           "Name the model that model.path holds.");
}

execution::WorkerSetup make_setup(const Scenario& s, const workload::ModelGraph& graph, const Context& context) {
  execution::WorkerSetup setup;
  setup.model = open_model(s);
  const kernels::model::Config& config = setup.model->config();
  check_shape(config, graph, s);
  VALIDATE(setup.model->tokenizer() != nullptr, s.model.path, "no tokenizer beside the weights",
           "execution.mode = \"real\" reads and writes text", "Put tokenizer.json or tokenizer.bin there.");
  const Longest most = longest(s);
  VALIDATE(most.total <= config.context, "workload", "a request needs " + std::to_string(most.total) + " positions",
           "the model's context is " + std::to_string(config.context),
           "Lower workload.max_prompt or workload.max_output.");
  const std::string place = s.execution.prompts.empty() ? "execution.prompts" : s.execution.prompts;
  const auto seed = static_cast<std::uint64_t>(s.experiment.seed);
  setup.prompts = std::make_shared<const execution::Prompts>(
      *setup.model->tokenizer(), prompt_text(s.execution.prompts), place, most.prompt, seed, s.workload);
  setup.wire = s.execution.wire_format();
  setup.shared_seed = s.execution.sampling == "shared_seed";
  setup.temperature = s.execution.temperature;
  setup.top_p = s.execution.top_p;
  setup.seed = seed;
  setup.threads = context.threads;
  setup.spread_experts = s.execution.experts == "ranks";
  VALIDATE(!setup.spread_experts || config.experts > 0, "execution.experts", "has no effect",
           "the model has no experts to deal out", "Leave it out, or set model.path to a mixture of experts.");
  return setup;
}

// What ranks need to know where claims are looked at.
void add_audits(execution::WorkerSetup& setup, const Scenario& s, const workload::ModelGraph& graph) {
  const AuditRules rules(s, graph, swarm::populate(s.swarm, setup.seed));
  setup.agreed = rules.agreed();
  if (rules.on()) setup.inspection = &rules.policy();
}

RunResult simulate(const Scenario& scenario, const workload::ModelGraph& graph, execution::Numbers& numbers,
                   const RunOptions& options) {
  Cast cast(scenario, graph, numbers, options.trace);
  const Time end = cast.run(options);
  RunResult result = summarise(cast, end);
  result.texts = numbers.finish();
  add_reviews(result, numbers.reviews());
  return result;
}

// Builds the cast and lets it go: whatever is wrong with the input is thrown on every rank.
RunResult check_input(const Scenario& scenario, const workload::ModelGraph& graph) {
  const auto numbers = execution::make_no_numbers();
  const Cast cast(scenario, graph, *numbers, false);
  return {};
}

// A game is one rank's work.
RunResult play(const Scenario& scenario, const Context& context, const RunOptions& options) {
  if (context.rank() > 0) return {};
  game::Game game(scenario.game, *scenario.incentive.policy, *scenario.strategy.policy,
                  static_cast<std::uint64_t>(scenario.experiment.seed));
  while (game.played() < scenario.game.jobs) {
    game.play_epoch();
    if (options.progress) {
      options.progress(static_cast<double>(game.played()) / static_cast<double>(scenario.game.jobs), game.now());
    }
  }
  return game.result();
}

}  // namespace

RunResult run(const Scenario& scenario, const Context& context, const RunOptions& options) {
  if (scenario.game.jobs > 0) return play(scenario, context, options);
  EXPECT(scenario.swarm.form == "whole");  // sim/fleet runs the others
  const workload::ModelGraph graph = workload::graph(scenario.model);
  if (scenario.execution.mode == "model") {
    // One rank simulates; sharding one simulation over ranks is the windowed engine's business.
    if (context.rank() > 0) return check_input(scenario, graph);
    const auto numbers = execution::make_no_numbers();
    return simulate(scenario, graph, *numbers, options);
  }
  execution::WorkerSetup setup = make_setup(scenario, graph, context);
  if (scenario.execution.mode == "live") return run_live(scenario, graph, setup, context);
  add_audits(setup, scenario, graph);
  // On every rank, and before any of them computes: one that waited for commands would wait for ever.
  check_input(scenario, graph);
  if (context.rank() > 0) {
    execution::serve_ranks(context, setup);
    return {};
  }
  const auto numbers = execution::make_rank_numbers(context, setup);
  return simulate(scenario, graph, *numbers, options);
}

execution::live::Fit calibrate(const Scenario& s, const Context& context) {
  VALIDATE(context.size() > 1, "orrery calibrate device", "needs at least two ranks",
           "rank 0 is the client, the others compute", "Start more: ./orrery -n 3 calibrate device FILE.");
  const workload::ModelGraph graph = workload::graph(s.model);
  const execution::WorkerSetup setup = make_setup(s, graph, context);
  const Tokens chunk = std::clamp<Tokens>(s.serving.prefill_chunk, 2, setup.model->config().context / 2);
  const auto measured = execution::live::calibrate(context, setup, chunk);
  return context.rank() == 0 ? execution::live::fit(measured, graph) : execution::live::Fit();
}

}  // namespace orrery::sim::serving
