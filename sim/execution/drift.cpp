#include "sim/execution/drift.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>

#include "kernels/sample.hpp"
#include "sim/execution/stage.hpp"

namespace orrery::sim::execution {

namespace model = kernels::model;
using kernels::Matrix;

namespace {

// The model as one node computes it, with the client's embedding and head.
class Instance {
 public:
  Instance(BlockStore& store, const Variant& variant, int threads)
      : store_(store), variant_(variant), workspace_({kernels::best_isa(), threads}) {}

  model::KvCache cache(int positions) const { return {config(), 0, config().layers, positions, variant_.cache}; }

  // After the last block.
  Matrix hidden(std::span<const int> tokens, int first, model::KvCache& cache) {
    Matrix x = model::embed(store_.embedding(), tokens);
    run_stage(store_, variant_.conduct, {0, config().layers}, first, x, cache, workspace_,
              Draw(0, Stream::behaviour, 0));
    return x;
  }

  Matrix logits(kernels::ConstMatrixView hidden) {
    Matrix out(hidden.rows, config().vocab);
    model::head(store_.head(), hidden, out, workspace_);
    return out;
  }

  std::vector<int> continuation(std::span<const int> prompt, int length) {
    model::KvCache kept = cache(static_cast<int>(prompt.size()) + length);
    Matrix x = hidden(prompt, 0, kept);
    std::vector<int> tokens;
    for (int position = static_cast<int>(prompt.size());; ++position) {
      const Matrix next = logits(x.view().slice_rows(x.rows() - 1, 1));
      tokens.push_back(kernels::sample_greedy(next.view().row_span(0)));
      if (static_cast<int>(tokens.size()) == length) return tokens;
      x = hidden(std::span(tokens).last(1), position, kept);
    }
  }

 private:
  const model::Config& config() const { return store_.model().config(); }

  BlockStore& store_;
  const Variant& variant_;
  kernels::Workspace workspace_;
};

// Floats in the order of their values.
std::int64_t place(float value) {
  const auto bits = std::bit_cast<std::int32_t>(value);
  return bits >= 0 ? bits : -static_cast<std::int64_t>(bits & 0x7FFFFFFF);
}

double ulps(float a, float b) {
  if (!std::isfinite(a) || !std::isfinite(b)) return std::numeric_limits<double>::infinity();
  return static_cast<double>(std::abs(place(a) - place(b)));
}

template <class T>
int common_prefix(const std::vector<T>& a, const std::vector<T>& b) {
  return static_cast<int>(std::mismatch(a.begin(), a.end(), b.begin()).first - a.begin());
}

}  // namespace

DriftMeter::DriftMeter(std::shared_ptr<const model::Model> m, const DriftSetup& setup)
    : store_(std::move(m)), setup_(setup) {
  const model::Config& config = store_.model().config();
  EXPECT(setup.window >= 2 && setup.window <= config.context && setup.windows >= 1);
  EXPECT(setup.prompt >= 1 && setup.prompt <= setup.window && setup.continuation >= 1);
  EXPECT(setup.prompt + setup.continuation <= config.context);
  const std::vector<int> tokens = store_.model().tokenizer()->encode(setup.text);
  const auto length = static_cast<std::size_t>(setup.window), count = static_cast<std::size_t>(setup.windows);
  VALIDATE(tokens.size() >= length * count, "numerics", "text of " + std::to_string(tokens.size()) + " tokens is short",
           std::to_string(count) + " windows have " + std::to_string(length) + " tokens each");
  for (std::size_t w = 0; w < count; ++w) {
    const auto begin = tokens.begin() + static_cast<std::ptrdiff_t>(w * length);
    windows_.emplace_back(begin, begin + setup.window);
  }
  canonical_ = run({});
}

DriftMeter::Run DriftMeter::run(const Variant& variant) {
  Instance instance(store_, variant, setup_.threads);
  Run out;
  for (const std::vector<int>& tokens : windows_) {
    model::KvCache cache = instance.cache(setup_.window);
    out.hidden.push_back(instance.hidden(tokens, 0, cache));
    const Matrix logits = instance.logits(out.hidden.back());
    std::vector<int>& likeliest = out.likeliest.emplace_back();
    for (int i = 0; i < logits.rows(); ++i) {
      const auto row = logits.view().row_span(i);
      likeliest.push_back(kernels::sample_greedy(row));
      if (i + 1 == logits.rows()) break;
      out.nats -= kernels::log_probability(row, tokens[static_cast<std::size_t>(i) + 1]);
      ++out.scored;
    }
    const auto prompt = std::span(tokens).first(static_cast<std::size_t>(setup_.prompt));
    out.continuation.push_back(instance.continuation(prompt, setup_.continuation));
  }
  return out;
}

Drift DriftMeter::measure(const Variant& variant) {
  const Run other = run(variant);
  Drift drift;
  double squares = 0, size = 0, agree = 0, prefix = 0;
  for (std::size_t w = 0; w < windows_.size(); ++w) {
    const std::span<const float> a = canonical_.hidden[w].span(), b = other.hidden[w].span();
    for (std::size_t i = 0; i < a.size(); ++i) {
      drift.max_ulp = std::max(drift.max_ulp, ulps(a[i], b[i]));
      const double difference = static_cast<double>(b[i]) - a[i];
      squares += difference * difference;
      size += static_cast<double>(a[i]) * a[i];
    }
    for (std::size_t i = 0; i < other.likeliest[w].size(); ++i)
      agree += other.likeliest[w][i] == canonical_.likeliest[w][i] ? 1 : 0;
    prefix += common_prefix(other.continuation[w], canonical_.continuation[w]);
  }
  const auto windows = static_cast<double>(windows_.size());
  drift.relative_error = std::sqrt(squares / size);
  drift.teacher_forced = agree / (windows * setup_.window);
  drift.free_running = prefix / (windows * setup_.continuation);
  drift.nats_per_token = other.nats / static_cast<double>(other.scored);
  drift.scored = other.scored;
  return drift;
}

}  // namespace orrery::sim::execution
