#include "experiments/bench_layer.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "experiments/bench_read.hpp"
#include "experiments/bench_shapes.hpp"
#include "kernels/attention.hpp"
#include "kernels/peak.hpp"

namespace orrery::experiments {
namespace {

using namespace kernels;
using model::BlockWeights;
using model::KvCache;

constexpr int prompt = 128, decode_context = 512, long_context = 4096;
// More than any last-level cache here keeps: what is read once a pass comes from memory.
constexpr std::size_t beyond_cache = std::size_t{160} << 20;

// What the machine gives just now, one thread.
struct Rates {
  double flops, bytes;  // a second
};

// The memory is that of a packed matrix: on huge pages, as weights are.
Rates measure_rates(const PackedMatrix& memory) {
  const std::span floats(reinterpret_cast<const float*>(memory.data()), memory.bytes() / sizeof(float));
  Rates best{0, 0};
  for (int i = 0; i < 8; ++i) {
    const double start = process_cpu_s();
    const double flops = fma_flops(best_isa(), 20000);
    best.flops = std::max(best.flops, flops / (process_cpu_s() - start));
  }
  for (const int streams : {1, 2, 4, 8}) {
    const double start = process_cpu_s();
    const double bytes = read_bytes(best_isa(), floats, streams);
    best.bytes = std::max(best.bytes, bytes / (process_cpu_s() - start));
  }
  return best;
}

// One layer of one type of weights, with enough copies of it that a pass over all of them finds none in a cache.
class Layer {
 public:
  explicit Layer(WeightType weights) : type(weights) {
    copies_.push_back(noise_weights(config_, type));
    while (bytes() * copies_.size() < beyond_cache) copies_.push_back(noise_weights(config_, type));
    for (std::size_t i = 0; i < copies_.size(); ++i) {
      caches_.push_back(std::make_unique<KvCache>(config_, 0, 1, decode_context + 16));
      fill_cache(*caches_.back(), config_, decode_context);
    }
  }
  std::size_t bytes() const { return copies_.front()->bytes(); }
  double flops(int rows) const {  // of the products and of attention over the rows before
    const double parameters = static_cast<double>(config_.block_parameters()) - 2.0 * config_.hidden;
    return 2.0 * rows * parameters + 2.0 * rows * rows * config_.query_cols();
  }

  void prefill(Workspace& workspace) {
    std::memcpy(x_.data(), input_.data(), input_.size() * sizeof(float));
    model::forward_block(config_, *copies_.front(), x_, 0, prefill_cache_, 0, workspace);
  }
  // One row through each of the copies.
  void decode_all(Workspace& workspace) {
    std::memcpy(row_.data(), input_.data(), row_.size() * sizeof(float));
    for (std::size_t i = 0; i < copies_.size(); ++i)
      model::forward_block(config_, *copies_[i], row_, decode_context, *caches_[i], 0, workspace);
  }
  int copies() const { return static_cast<int>(copies_.size()); }

  // A prefill has the same bits on two threads, and its last row is that row alone after the others on the portable
  // path.
  bool answers() {
    Workspace fast, two({best_isa(), 2}), slow({Isa::portable, 1});
    prefill(two);
    const Matrix whole = Matrix::copy(x_);
    prefill(fast);
    if (std::memcmp(x_.data(), whole.data(), whole.size() * sizeof(float)) != 0) return false;
    Matrix last = Matrix::copy(input_.view().slice_rows(prompt - 1, 1));
    model::forward_block(config_, *copies_.front(), last, prompt - 1, prefill_cache_, 0, slow);
    return std::memcmp(last.data(), whole.row(prompt - 1), last.size() * sizeof(float)) == 0;
  }

  const WeightType type;

 private:
  model::Config config_ = tiny_llama(1);
  std::vector<std::shared_ptr<const BlockWeights>> copies_;
  std::vector<std::unique_ptr<KvCache>> caches_;
  KvCache prefill_cache_{config_, 0, 1, prompt};
  Matrix input_ = noise(prompt, config_.hidden, 1.0F, 3), x_{prompt, config_.hidden}, row_{1, config_.hidden};
};

// Attention of one row over caches of one type that are beyond what a processor's cache keeps.
class Attention {
 public:
  Attention(KvType type, int positions, std::size_t bytes)
      : context(positions),
        config_(tiny_llama(blocks(type, context, bytes))),
        cache_(config_, 0, config_.layers, context, type) {
    fill_cache(cache_, config_, context);
  }
  void all(Workspace& workspace) {
    for (int block = 0; block < config_.layers; ++block)
      attention(q_, config_.heads, context - 1, cache_.view(block), out_, workspace);
  }
  bool answers() {
    Workspace workspace;
    Matrix want(1, config_.query_cols());
    attention(q_, config_.heads, context - 1, cache_.view(0), out_, workspace);
    ref::attention(q_, config_.heads, context - 1, cache_.view(0), want);
    return std::memcmp(out_.data(), want.data(), want.size() * sizeof(float)) == 0;
  }
  int layers() const { return config_.layers; }
  double layer_bytes() const { return static_cast<double>(cache_.bytes()) / config_.layers; }

  const int context;

 private:
  static int blocks(KvType type, int context, std::size_t bytes) {
    const KvCache one(tiny_llama(1), 0, 1, context, type);
    return static_cast<int>(bytes / one.bytes()) + 1;
  }
  model::Config config_;
  KvCache cache_;
  Matrix q_ = noise(1, config_.query_cols(), 1.0F, 5), out_{1, config_.query_cols()};
};

// A row in the making: one value a round.
struct Series {
  BenchRow row;
  std::vector<double> us, ratio, share;
  std::string unit;

  void add(double seconds, double value, double of) {
    us.push_back(seconds * 1e6);
    share.push_back(value);
    ratio.push_back(value / of);
  }
  BenchRow finish() {
    row.us = median(us);
    row.ratio = median(ratio);
    row.measure = fmt::format("{:.3g} {}", median(share), unit);
    return row;
  }
};

struct Peer {
  WeightType type;
  double prefill, prefill_must, decode, decode_must;
};
// llama.cpp (ggml 0.20.2) on a Cascade Lake: shares of its FMA peak and of its read bandwidth.
constexpr Peer llama_cpp[] = {{WeightType::fp32, 0.27, 1.5, 0.70, 1.25},
                              {WeightType::bf16, 0.27, 1.5, 0.58, 1.25},
                              {WeightType::int8, 0.22, 1.5, 0.51, 1.25},
                              {WeightType::int4, 0.48, 1.1, 0.44, 1.25}};

// All cases of the table; each round adds one value to every series.
class Bench {
 public:
  Bench() {
    for (const Peer& peer : llama_cpp) {
      layers_.push_back(std::make_unique<Layer>(peer.type));
      prefill_.push_back(series(fmt::format("layer, prefill {}, {}", prompt, name(peer.type)),
                                fmt::format("llama.cpp {:.0f} % of FMA peak", 100 * peer.prefill), peer.prefill_must,
                                "of FMA peak"));
      decode_.push_back(series(fmt::format("layer, decode at {}, {}", decode_context, name(peer.type)),
                               fmt::format("llama.cpp {:.0f} % of read rate", 100 * peer.decode), peer.decode_must,
                               "of read bandwidth"));
      const double must[] = {1.8, 1.9};
      for (int i = 0; i < 2; ++i)
        pairs_.push_back(
            series(fmt::format("{}, 2 threads, {}", i == 0 ? "layer, prefill" : "layer, decode", name(peer.type)),
                   "one thread", must[i], "x, longest thread"));
    }
    for (const KvType type : kv_types) {
      short_.push_back(std::make_unique<Attention>(type, decode_context, 0));
      long_.push_back(std::make_unique<Attention>(type, long_context, beyond_cache));
      const bool plain = type == KvType::fp32;
      at_short_.push_back(series(fmt::format("attention, decode at {}, {} KV", decode_context, name(type)),
                                 "0.2 ms a layer", plain ? 1 : 0, "x as fast"));
      at_long_.push_back(series(fmt::format("attention, decode at {}, {} KV", long_context, name(type)),
                                "read bandwidth", plain ? 0.7 : 0, "of read bandwidth"));
    }
  }

  void check() {
    for (auto& layer : layers_)
      VALIDATE(layer->answers(), "bench layer", fmt::format("{} weights give other bits", name(layer->type)),
               "on two threads or on the portable path");
    for (auto* list : {&short_, &long_})
      for (auto& a : *list) VALIDATE(a->answers(), "bench layer", "attention differs from its twin", "bit for bit");
  }

  void round() {
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      Layer& layer = *layers_[i];
      const Rates rates = measure();
      const double one = timed([&] { layer.prefill(one_); });
      const double prefill = layer.flops(prompt) / one / rates.flops;
      prefill_[i].add(one, prefill, llama_cpp[i].prefill);
      const double each = timed([&] { layer.decode_all(one_); }) / layer.copies();
      const double decode = static_cast<double>(layer.bytes()) / each / rates.bytes;
      decode_[i].add(each, decode, llama_cpp[i].decode);
      const double two = longest_thread_cpu_s(2, [&] { layer.prefill(two_); });
      pairs_[2 * i].add(two, one / two, 1);
      const double two_each = longest_thread_cpu_s(2, [&] { layer.decode_all(two_); }) / layer.copies();
      pairs_[2 * i + 1].add(two_each, each / two_each, 1);
    }
    reading_gain_.push_back(reading_gain({&memory_, 1}));
    for (std::size_t i = 0; i < short_.size(); ++i) {
      constexpr int repeats = 20;
      const Rates rates = measure();
      const double near = timed([&] {
                            for (int n = 0; n < repeats; ++n) short_[i]->all(one_);
                          }) /
                          (repeats * short_[i]->layers());
      at_short_[i].add(near, 200e-6 / near, 1);
      const double far = timed([&] { long_[i]->all(one_); }) / long_[i]->layers();
      at_long_[i].add(far, long_[i]->layer_bytes() / far / rates.bytes, 1);
    }
  }

  std::vector<BenchRow> rows() {
    fmt::print(
        "FMA peak {:.1f} GF/s, reading {:.1f} GB/s, one thread; two threads that share read {:.2f} x as fast "
        "(medians)\n",
        median(flops_) * 1e-9, median(bytes_) * 1e-9, median(reading_gain_));
    std::vector<BenchRow> out;
    for (auto* list : {&prefill_, &decode_, &pairs_, &at_short_, &at_long_})
      for (Series& s : *list) out.push_back(s.finish());
    return out;
  }

 private:
  static Series series(std::string name, std::string peer, double must, std::string unit) {
    Series out;
    out.row.name = std::move(name), out.row.peer = std::move(peer), out.row.must = must;
    out.unit = std::move(unit);
    return out;
  }
  // Beside each case, for a machine's rates may change from one second to the next.
  Rates measure() {
    const Rates rates = measure_rates(memory_);
    flops_.push_back(rates.flops), bytes_.push_back(rates.bytes);
    return rates;
  }
  static double timed(const std::function<void()>& work) {
    const double start = process_cpu_s();
    work();
    return process_cpu_s() - start;
  }

  Workspace one_, two_{{best_isa(), 2}};
  PackedMatrix memory_{static_cast<int>(beyond_cache / (1024 * sizeof(float))), 1024};
  std::vector<std::unique_ptr<Layer>> layers_;
  std::vector<std::unique_ptr<Attention>> short_, long_;
  std::vector<Series> prefill_, decode_, pairs_, at_short_, at_long_;
  std::vector<double> flops_, bytes_, reading_gain_;
};

}  // namespace

std::vector<BenchRow> layer_rows(int rounds) {
  Bench bench;
  bench.check();
  for (int i = 0; i < rounds; ++i) bench.round();
  return bench.rows();
}

int bench_layer(bool quick, const std::string& json) {
  const char* waiting = std::getenv("OMP_WAIT_POLICY");
  if (waiting == nullptr || std::string_view(waiting) != "passive")
    fmt::print("OMP_WAIT_POLICY is not passive: threads that wait for each other spin, and their rows count that.\n");
  const std::vector<BenchRow> rows = layer_rows(quick ? 3 : 11);
  const bool met = print_bench_rows(rows);
  if (!json.empty()) write_bench_json(json, "orrery bench layer", bench_results("layer", rows));
  return met ? 0 : 1;
}

}  // namespace orrery::experiments
