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

bool alike(const workload::BlockCost& a, const workload::BlockCost& b) {
  return a.weights == b.weights && a.weights_shared == b.weights_shared && a.weights_expert == b.weights_expert &&
         a.experts == b.experts && a.experts_active == b.experts_active && a.flops_per_token == b.flops_per_token &&
         a.flops_per_pair == b.flops_per_pair && a.kv_per_token == b.kv_per_token;
}

// Adds block after block. Those of a model are mostly alike, and so is what a batch asks of them: what the one before
// took is then taken again.
class Sum {
 public:
  Sum(const workload::ModelGraph& model, const Machine& machine, double kv_passes)
      : model_(model), machine_(machine), kv_passes_(kv_passes) {}

  // `changed`: the load is another than at the block before.
  void add(int b, const Load& load, bool changed) {
    const workload::BlockCost& block = model_.blocks[static_cast<std::size_t>(b)];
    if (changed || !last_ || !alike(block, *last_)) work_out(block, load);
    last_ = &block;
    seconds_ += block_seconds_;
    flops_ += block_flops_;
    bytes_ += block_bytes_;
  }
  StageCost cost() const {
    const double time = machine_.overhead_s + machine_.slowdown * seconds_;
    return {Duration::from_seconds(time), Flops(flops_), Bytes(bytes_)};
  }

 private:
  void work_out(const workload::BlockCost& block, const Load& load) {
    block_flops_ = load.tokens * block.flops_per_token.value() + load.pairs * block.flops_per_pair.value();
    block_bytes_ = weight_bytes(block, load.tokens) + kv_passes_ * load.context * block.kv_per_token.value();
    block_seconds_ = machine_.profile ? machine_.profile->block_s(load.tokens - load.decodes, load.decodes)
                                      : machine_.block_overhead_s + std::max(block_flops_ / machine_.compute.value(),
                                                                             block_bytes_ / machine_.bandwidth.value());
  }

  const workload::ModelGraph& model_;
  const Machine& machine_;
  double kv_passes_;
  const workload::BlockCost* last_ = nullptr;
  double block_seconds_ = 0, block_flops_ = 0, block_bytes_ = 0;
  double seconds_ = 0, flops_ = 0, bytes_ = 0;
};

}  // namespace

StageCost stage_cost(const workload::ModelGraph& model, const Machine& machine, double kv_passes,
                     std::span<const Work> batch) {
  EXPECT(machine.compute.value() > 0 && machine.bandwidth.value() > 0 && machine.slowdown >= 1);
  EXPECT(!batch.empty());
  int begin = batch.front().blocks.begin;
  int end = batch.front().blocks.end;
  bool one_span = true;
  Load all;
  for (const Work& w : batch) {
    EXPECT(!w.blocks.empty() && w.blocks.begin >= 0 && w.blocks.end <= model.block_count() && w.count > 0);
    one_span = one_span && w.blocks == batch.front().blocks;
    begin = std::min(begin, w.blocks.begin);
    end = std::max(end, w.blocks.end);
    all += load_of(w);
  }
  Sum sum(model, machine, kv_passes);
  if (one_span) {
    for (int b = begin; b < end; ++b) sum.add(b, all, false);
    return sum.cost();
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
  for (int b = begin; b < end; ++b) {
    now += change[static_cast<std::size_t>(b - begin)];
    if (now.tokens > 0) sum.add(b, now, true);
  }
  return sum.cost();
}

Duration head_time(const workload::ModelGraph& model, const Machine& client, Tokens rows) {
  const double compute = static_cast<double>(rows) * model.head_flops_per_token.value() / client.compute.value();
  const double memory = model.head.value() / client.bandwidth.value();
  return Duration::from_seconds(client.slowdown * std::max(compute, memory));
}

double block_rps(const workload::ModelGraph& model, const Machine& machine) {
  EXPECT(model.block_count() > 0);
  const Work one{{0, model.block_count()}, 0, std::max(1, model.image_tokens)};
  Machine bare = machine;
  bare.overhead_s = 0;
  const StageCost all = stage_cost(model, bare, 1.0, std::span(&one, 1));
  return model.block_count() / all.time.seconds();
}

}  // namespace orrery::sim::execution
