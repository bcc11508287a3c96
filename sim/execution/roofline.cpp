#include "sim/execution/roofline.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace orrery::sim::execution {
namespace {

// What a batch asks of one block.
struct Load {
  double tokens = 0;
  double pairs = 0;
  double context = 0;  // KV entries read
  double decodes = 0;  // of the tokens, those that came alone
  Load& operator+=(const Load& o) {
    tokens += o.tokens, pairs += o.pairs, context += o.context, decodes += o.decodes;
    return *this;
  }
};

Load load_of(const Work& work) {
  const double n = static_cast<double>(work.count);
  const double before = static_cast<double>(work.context);
  return {n, n * before + n * (n + 1) / 2, before + n, work.count == 1 ? 1.0 : 0.0};
}

double weight_bytes(const workload::BlockCost& block, double tokens) {
  if (block.experts == 0) return block.weights.value();
  const double share = static_cast<double>(block.experts_active) / block.experts;
  const double touched = block.experts * (1 - std::pow(1 - share, tokens));
  return block.weights_shared.value() + touched * block.weights_expert.value();
}

}  // namespace

StageCost stage_cost(const workload::ModelGraph& model, const Machine& machine, double kv_passes,
                     std::span<const Work> batch) {
  EXPECT(machine.compute.value() > 0 && machine.bandwidth.value() > 0 && machine.slowdown >= 1);
  EXPECT(!batch.empty());
  int begin = batch.front().blocks.begin;
  int end = batch.front().blocks.end;
  for (const Work& w : batch) {
    EXPECT(!w.blocks.empty() && w.blocks.begin >= 0 && w.blocks.end <= model.block_count() && w.count > 0);
    begin = std::min(begin, w.blocks.begin);
    end = std::max(end, w.blocks.end);
  }
  // Loads enter at a span's first block and leave after its last: one pass over works, one over blocks. Counts are
  // whole numbers below 2^53, so adding and taking away is exact and the order of the batch does not matter.
  std::vector<Load> change(static_cast<std::size_t>(end - begin) + 1);
  for (const Work& w : batch) {
    const Load load = load_of(w);
    change[static_cast<std::size_t>(w.blocks.begin - begin)] += load;
    change[static_cast<std::size_t>(w.blocks.end - begin)] += {-load.tokens, -load.pairs, -load.context, -load.decodes};
  }
  Load now;
  double seconds = 0;
  double flops_total = 0;
  double bytes_total = 0;
  for (int b = begin; b < end; ++b) {
    now += change[static_cast<std::size_t>(b - begin)];
    if (now.tokens == 0) continue;
    const workload::BlockCost& block = model.blocks[static_cast<std::size_t>(b)];
    const double flops = now.tokens * block.flops_per_token.value() + now.pairs * block.flops_per_pair.value();
    const double bytes = weight_bytes(block, now.tokens) + kv_passes * now.context * block.kv_per_token.value();
    seconds += machine.profile ? machine.profile->block_s(now.tokens - now.decodes, now.decodes)
                               : machine.block_overhead_s +
                                     std::max(flops / machine.compute.value(), bytes / machine.bandwidth.value());
    flops_total += flops;
    bytes_total += bytes;
  }
  const double time = machine.overhead_s + machine.slowdown * seconds;
  return {Duration::from_seconds(time), Flops(flops_total), Bytes(bytes_total)};
}

Duration head_time(const workload::ModelGraph& model, const Machine& client) {
  const double compute = model.head_flops_per_token.value() / client.compute.value();
  const double memory = model.head.value() / client.bandwidth.value();
  return Duration::from_seconds(client.slowdown * std::max(compute, memory));
}

double block_rps(const workload::ModelGraph& model, const Machine& machine) {
  EXPECT(model.block_count() > 0);
  const Work one{{0, model.block_count()}, 0, 1};
  Machine bare = machine;
  bare.overhead_s = 0;
  const StageCost all = stage_cost(model, bare, 1.0, std::span(&one, 1));
  return model.block_count() / all.time.seconds();
}

}  // namespace orrery::sim::execution
