#include "sim/serving/estimates.hpp"

#include <algorithm>
#include <cmath>

namespace orrery::sim::serving {
namespace {

constexpr int sample = 256;  // requests that a typical one is the mean of

bool alike(const NodeSetup& a, const NodeSetup& b) {
  return a.memory == b.memory && a.machine.compute == b.machine.compute && a.machine.bandwidth == b.machine.bandwidth &&
         a.machine.overhead_s == b.machine.overhead_s && a.machine.block_overhead_s == b.machine.block_overhead_s &&
         a.machine.slowdown == b.machine.slowdown && a.machine.profile == b.machine.profile;
}

}  // namespace

TypicalRequest TypicalRequest::of(const workload::Workload& workload) {
  double prompt = 0, output = 0;
  int count = 0;
  const auto add = [&](const workload::Request& r) {
    prompt += static_cast<double>(r.prompt);
    output += static_cast<double>(r.output);
    ++count;
  };
  if (workload.closed()) {
    for (std::uint32_t i = 0; count < sample && i < workload.params().clients; ++i) {
      if (const auto request = workload.turn(ClientId(i), 0)) add(*request);
    }
  } else {
    workload::Arrivals arrivals = workload.arrivals();
    for (auto request = arrivals.next(); request && count < sample; request = arrivals.next()) add(*request);
  }
  if (count == 0) return {};
  return {prompt / count, output / count};
}

void RooflineEstimates::add(const NodeSetup& setup) {
  const auto same = [&setup](const Kind& k) { return alike(k.setup, setup); };
  const auto found = std::find_if(kinds_.begin(), kinds_.end(), same);
  kind_of_.push_back(static_cast<std::size_t>(found - kinds_.begin()));
  if (found == kinds_.end()) kinds_.push_back({setup, {}, {}});
}

double RooflineEstimates::step_s(const NodeSetup& setup, const execution::Work& work) const {
  return execution::stage_cost(world_.model, setup.machine, world_.execution.kv_passes, std::span(&work, 1))
      .time.seconds();
}

double RooflineEstimates::rate(const NodeSetup& setup, BlockSpan span) const {
  if (setup.machine.profile && !setup.machine.profile->tokens_per_s.empty()) {
    return execution::Profile::at(setup.machine.profile->tokens_per_s, span.size(), 0);
  }
  if (image()) return 1 / step_s(setup, {span, 0, image_rows()});
  double weights = 0, kv = 0;
  for (int b = span.begin; b < span.end; ++b) {
    weights += world_.model.blocks[static_cast<std::size_t>(b)].weights.value();
    kv += world_.model.blocks[static_cast<std::size_t>(b)].kv_per_token.value();
  }
  const double context = typical_.prompt + typical_.output / 2;
  const double sessions = std::max(0.0, setup.memory.value() - weights) / (kv * context);
  const double here = sessions * span.size() / world_.model.block_count();
  const double most = std::min<double>(static_cast<double>(world_.serving.max_batch_sessions),
                                       static_cast<double>(world_.serving.max_batch_tokens));
  const double decodes = std::floor(std::clamp(here, 1.0, most));
  // Prompts come whole or in chunks, now and then; spread evenly, they add so many tokens to every step.
  const double prompt_tokens = decodes * typical_.prompt / typical_.output;
  std::vector<execution::Work> batch(static_cast<std::size_t>(decodes), {span, static_cast<Tokens>(context), 1});
  const double steps_s =
      execution::stage_cost(world_.model, setup.machine, world_.execution.kv_passes, batch).time.seconds();
  // A prompt's own time beyond what it shares with the decode steps: its arithmetic, or its weights if it is short.
  const execution::Work prompt{span, 0, std::max<Tokens>(1, std::llround(typical_.prompt))};
  const double prompt_s =
      execution::stage_cost(world_.model, setup.machine, 1.0, std::span(&prompt, 1)).time.seconds() / typical_.prompt;
  return (decodes + prompt_tokens) / (steps_s + prompt_s * prompt_tokens);
}

double RooflineEstimates::tokens_per_s(const NodeView& node, BlockSpan span) const {
  EXPECT(!span.empty());
  const Kind& k = kind(node.node);
  const auto [at, fresh] = k.rates.try_emplace({span.begin, span.end}, 0.0);
  if (fresh) at->second = rate(k.setup, span);
  return at->second;
}

double RooflineEstimates::token_s(const NodeView& node, BlockSpan span) const {
  EXPECT(!span.empty());
  const Kind& k = kind(node.node);
  const auto [at, fresh] = k.seconds.try_emplace({span.begin, span.end}, 0.0);
  if (fresh) {
    const execution::Work one{span, static_cast<Tokens>(typical_.prompt + typical_.output / 2), 1};
    at->second = step_s(k.setup, image() ? execution::Work{span, 0, image_rows()} : one);
  }
  return at->second;
}

template <class Value>
double RooflineEstimates::over_clients(Value&& value) const {
  double sum = 0;
  for (std::uint32_t c = 0; c < world_.client_count; ++c) sum += value(world_.entity(ClientId(c)).index());
  return sum / world_.client_count;
}

double RooflineEstimates::latency_s(NodeId from, NodeId to) const {
  const auto between = [this](std::uint32_t a, std::uint32_t b) { return world_.topology.latency(a, b).seconds(); };
  if (from && to) return between(from.index(), to.index());
  EXPECT(from || to);
  const std::uint32_t node = from ? from.index() : to.index();
  return over_clients([&](std::uint32_t client) { return between(client, node); });
}

double RooflineEstimates::bandwidth(NodeId from, NodeId to) const {
  const auto path = [this](std::uint32_t a, std::uint32_t b) { return world_.topology.path_rate(a, b).value(); };
  if (from && to) return path(from.index(), to.index());
  EXPECT(from || to);
  if (from) return over_clients([&](std::uint32_t client) { return path(from.index(), client); });
  return over_clients([&](std::uint32_t client) { return path(client, to.index()); });
}

}  // namespace orrery::sim::serving
