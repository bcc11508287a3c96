#include "experiments/wire_table.hpp"

#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "data/facts.hpp"
#include "experiments/bench_json.hpp"
#include "experiments/bench_table.hpp"
#include "sim/execution/perplexity.hpp"

namespace orrery::experiments {
namespace {

// Boundaries of `stages` stages as equal as possible.
std::vector<int> equal_cuts(int layers, int stages) {
  std::vector<int> cuts;
  for (int i = 0; i <= stages; ++i) cuts.push_back(layers * i / stages);
  return cuts;
}

}  // namespace

int wire_table(const std::string& json) {
  const auto model = kernels::model::Model::open_bytes(
      data::fact("model/config.json"), data::fact("model/model.safetensors"), data::fact("model/tokenizer.json"));
  const std::string_view text = data::fact("model/heldout.txt");
  const auto& config = model->config();
  constexpr int window = 256;
  fmt::print("Embedded model ({} blocks of width {}), held-out text in windows of {} tokens\n", config.layers,
             config.hidden, window);
  fmt::print("{:<8} {:>7} {:>14} {:>12} {:>12} {:>15}\n", "wire", "stages", "bytes a token", "nats/token", "perplexity",
             "same top token");
  double exact = 0;
  bool identity = true;
  std::vector<BenchResult> results;
  for (const kernels::WireFormat wire :
       {kernels::WireFormat::fp32, kernels::WireFormat::bf16, kernels::WireFormat::int8}) {
    for (const int stages : {1, 4, config.layers}) {
      const double begin = process_cpu_s();
      const auto p = sim::execution::perplexity(*model, text, wire, equal_cuts(config.layers, stages), window, 1);
      if (wire == kernels::WireFormat::fp32) {
        if (stages == 1) exact = p.nats_per_token;
        identity = identity && p.nats_per_token == exact;
      }
      const std::size_t bytes = kernels::encoded_bytes(wire, 1, config.hidden);
      fmt::print("{:<8} {:>7} {:>14} {:>12.5f} {:>12.4f} {:>14.2f}%\n", kernels::name(wire), stages, bytes,
                 p.nats_per_token, std::exp(p.nats_per_token), 100 * p.top1_agreement);
      results.push_back({fmt::format("wire/{}/{}", kernels::name(wire), stages),
                         process_cpu_s() - begin,
                         {{"nats_per_token", p.nats_per_token}, {"top1_agreement", p.top1_agreement}}});
    }
  }
  fmt::print("must: fp32 is the same to the last bit through any number of stages  {}\n", identity ? "met" : "MISSED");
  if (!json.empty()) write_bench_json(json, "orrery bench wire", results);
  return identity ? 0 : 1;
}

}  // namespace orrery::experiments
