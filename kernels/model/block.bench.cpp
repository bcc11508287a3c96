// The embedded model as a whole: tokens a second in decode at a short and a full context, and in prefill.
#include "kernels/model/block.hpp"

#include <cmath>
#include <vector>

#include <benchmark/benchmark.h>

#include "data/facts.hpp"
#include "kernels/model/model.hpp"
#include "kernels/sample.hpp"

namespace orrery::kernels::model {
namespace {

struct Loaded {
  std::shared_ptr<const Model> model = Model::open_bytes(
      data::fact("model/config.json"), data::fact("model/model.safetensors"), data::fact("model/tokenizer.json"));
  Config config = model->config();
  std::vector<std::shared_ptr<const BlockWeights>> blocks;
  std::shared_ptr<const EmbeddingWeights> embedding = model->load_embedding();
  std::shared_ptr<const HeadWeights> head_weights = model->load_head();
  std::vector<int> tokens = model->tokenizer()->encode(data::fact("model/heldout.txt"));
  Workspace workspace;
  KvCache cache{config, 0, config.layers, config.context};

  Loaded() {
    for (int block = 0; block < config.layers; ++block) blocks.push_back(model->load_block(block));
  }

  // n tokens of the text from `position` on; the logits after the last one.
  std::vector<float> step(int position, int n) {
    Matrix x =
        embed(*embedding, std::span(tokens).subspan(static_cast<std::size_t>(position), static_cast<std::size_t>(n)));
    for (int block = 0; block < config.layers; ++block)
      forward_block(config, *blocks[static_cast<std::size_t>(block)], x, position, cache, block, workspace);
    return head(*head_weights, x.view().row_span(n - 1), workspace);
  }

  // A trained model finds real text likelier than chance: ln 1024 = 6.9 nats a token.
  bool answers() {
    double nats = 0.0;
    for (int i = 0; i < 63; ++i) nats -= log_probability(step(i, 1), tokens[static_cast<std::size_t>(i + 1)]);
    return nats / 63 < 0.8 * std::log(config.vocab);
  }
};

void bench_decode(benchmark::State& state) {
  Loaded loaded;
  if (!loaded.answers()) return state.SkipWithError("the model does not predict its held-out text");
  const int position = static_cast<int>(state.range(0));
  loaded.step(0, position);
  for (auto _ : state) benchmark::DoNotOptimize(loaded.step(position, 1));
  state.counters["tokens/s"] = benchmark::Counter(1, benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(bench_decode)->Arg(32)->Arg(500);

void bench_prefill(benchmark::State& state) {
  Loaded loaded;
  if (!loaded.answers()) return state.SkipWithError("the model does not predict its held-out text");
  const int n = static_cast<int>(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(loaded.step(0, n));
  state.counters["tokens/s"] = benchmark::Counter(n, benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(bench_prefill)->Arg(32)->Arg(512);

}  // namespace
}  // namespace orrery::kernels::model
