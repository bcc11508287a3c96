#include "experiments/numerics_table.hpp"

#include <cmath>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "data/facts.hpp"
#include "sim/arithmetic.hpp"
#include "sim/config/toml.hpp"
#include "sim/execution/drift.hpp"

namespace orrery::experiments {
namespace {

using kernels::KvType;
using sim::Arithmetic;
using sim::KvFormat;
using sim::Weights;
using sim::execution::Conduct;
using sim::execution::Drift;
using sim::execution::Variant;

struct Line {
  std::string name;
  Variant variant;
};

std::vector<Line> profiles() {
  std::vector<Line> lines;
  for (const auto& profile : sim::numerics_profiles())
    lines.push_back({profile.name, {{.honest = profile.arithmetic}}});
  return lines;
}

// What nodes do that save on the work and say that they did it.
std::vector<Line> cheats(int layers) {
  const auto cheap = [](const Arithmetic& arithmetic) { return Variant{Conduct{.honest = arithmetic}}; };
  return {{"weights int8", cheap({.weights = Weights::int8})},
          {"weights int4", cheap({.weights = Weights::int4})},
          {"cache bf16", {{}, KvType::bf16}},
          {"cache int8", {{}, KvType::int8}},
          {"cache fp8, scaled", cheap({.kv = KvFormat::fp8})},
          {"cache fp8, not scaled", {{}, KvType::e4m3}},
          {"weights int4, cache fp8", cheap({.weights = Weights::int4, .kv = KvFormat::fp8})},
          {"last block left out", {{.run_until = layers - 1}}},
          {"last quarter left out", {{.run_until = layers - layers / 4}}},
          {"every fourth block left out", {{.pass_every = 4}}}};
}

void print(const std::string& name, const Drift& drift) {
  fmt::print("{:<28} {:>10.3g} {:>11.3g} {:>14.2f}% {:>13.1f}% {:>12.5f} {:>11.4f}\n", name, drift.max_ulp,
             drift.relative_error, 100 * drift.teacher_forced, 100 * drift.free_running, drift.nats_per_token,
             std::exp(drift.nats_per_token));
}

double number(const sim::config::Value& table, std::string_view key) {
  const sim::config::Value* found = table.find(key);
  EXPECT(found != nullptr);  // the table is ours
  const auto* whole = std::get_if<std::int64_t>(&found->data);
  return whole != nullptr ? static_cast<double>(*whole) : std::get<double>(found->data);
}

// What was recorded of devices that are not here.
void print_foreign() {
  const sim::config::Value table = sim::config::parse_toml(data::fact("foreign.toml"), "data/foreign.toml");
  fmt::print(
      "real devices elsewhere, decoding with PyTorch (data/foreign.toml)\n{:<28} {:>10} {:>11} {:>15} {:>14} {:>12}\n",
      "", "", "rel. error", "same token", "as prefilled", "as alone");
  for (const sim::config::Value& device : table.find("device")->array()) {
    fmt::print("{:<28} {:>10} {:>11.3g} {:>14.2f}% {:>13.1f}% {:>11.1f}%\n",
               "  " + std::get<std::string>(device.find("name")->data), "", number(device, "relative_error"),
               100 * number(device, "same_token"), 100 * number(device, "identical_decode"),
               100 * number(device, "identical_batch"));
  }
  fmt::print(
      "as prefilled: rows that come out of decoding and of prefill on that device with the same bits; as alone: "
      "out of a batch and a sequence alone\n");
}

}  // namespace

int numerics_table(int threads) {
  const auto model = kernels::model::Model::open_bytes(
      data::fact("model/config.json"), data::fact("model/model.safetensors"), data::fact("model/tokenizer.json"));
  const sim::execution::DriftSetup setup{.text = data::fact("model/heldout.txt"), .windows = 8, .threads = threads};
  sim::execution::DriftMeter meter(model, setup);
  fmt::print(
      "Embedded model ({} blocks of width {}), {} windows of {} held-out tokens; greedy continuations of {} tokens by "
      "{}.\nDistance of the last hidden states from the canonical ones, and what it does to the text (`same until` is "
      "the share of "
      "a continuation before its first other token):\n",
      model->config().layers, model->config().hidden, setup.windows, setup.window, setup.prompt, setup.continuation);
  fmt::print("{:<28} {:>10} {:>11} {:>15} {:>14} {:>12} {:>11}\n", "", "max ulp", "rel. error", "same top token",
             "same until", "nats/token", "perplexity");
  fmt::print("honest devices\n");
  bool canonical = true;
  for (const Line& line : profiles()) {
    const Drift drift = meter.measure(line.variant);
    if (line.name == "canonical") canonical = drift.max_ulp == 0 && drift.free_running == 1;
    print("  " + line.name, drift);
  }
  fmt::print("what cheats compute with\n");
  for (const Line& line : cheats(model->config().layers)) print("  " + line.name, meter.measure(line.variant));
  print_foreign();
  return canonical ? 0 : 1;
}

}  // namespace orrery::experiments
