#include "sim/execution/shortcuts.hpp"

#include <algorithm>
#include <vector>

namespace orrery::sim::execution {
namespace {

using Formats = std::pair<Weights, KvFormat>;  // of what a block reads
Formats formats(const Arithmetic& a) { return {a.weights, a.kv}; }

// A work's blocks as runs of consecutive ones that read the same formats.
template <class See>
void for_each_run(const ConductedWork& c, See&& see) {
  const BlockSpan span = c.work.blocks;
  for (int b = span.begin; b < span.end;) {
    const Formats read = formats(c.conduct.arithmetic(b));
    int end = b;
    while (end < span.end && c.conduct.runs(c.stage, end) && formats(c.conduct.arithmetic(end)) == read) ++end;
    if (end > b) see(BlockSpan{b, end}, read);
    b = std::max(end, b + 1);
  }
}

}  // namespace

const workload::ModelGraph& CheapModels::in(Weights weights, KvFormat kv) {
  const auto [found, fresh] = made_.try_emplace({weights, kv}, agreed_);
  if (!fresh) return found->second;
  const double of_weights = std::min(1.0, weight_bytes(weights, held_.weight) / held_.weight);
  const double of_kv = kv == KvFormat::fp8 ? std::min(1.0, held_.fp8_kv / held_.kv) : 1.0;
  for (workload::BlockCost& block : found->second.blocks) {
    block.weights = block.weights * of_weights;
    block.weights_shared = block.weights_shared * of_weights;
    block.weights_expert = block.weights_expert * of_weights;
    block.kv_per_token = block.kv_per_token * of_kv;
  }
  return found->second;
}

StageCost conducted_cost(CheapModels& models, const workload::ModelGraph& agreed, const Machine& machine,
                         double kv_passes, std::span<const ConductedWork> batch) {
  std::vector<Work> honest;
  std::map<Formats, std::vector<Work>> cheap;
  for (const ConductedWork& c : batch) {
    for_each_run(c, [&](BlockSpan run, Formats read) {
      std::vector<Work>& list = read == formats(c.conduct.honest) ? honest : cheap[read];
      list.push_back({run, c.work.context, c.work.count});
    });
  }
  Machine entered = machine;  // once for the batch
  StageCost cost{.time = Duration::from_seconds(machine.overhead_s)};
  bool first = true;
  const auto add = [&](const workload::ModelGraph& model, const std::vector<Work>& works) {
    if (works.empty()) return;
    const StageCost part = stage_cost(model, entered, kv_passes, works);
    cost.time = first ? part.time : cost.time + part.time;
    cost.flops += part.flops;
    cost.memory_traffic += part.memory_traffic;
    entered.overhead_s = 0;
    first = false;
  };
  add(agreed, honest);
  for (const auto& [read, works] : cheap) add(models.in(read.first, read.second), works);
  return cost;
}

}  // namespace orrery::sim::execution
