// Search among 16,384 embeddings of 128 numbers: exact, in lists with what they miss, and by words.
#include "kernels/retrieve.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "kernels/bm25.hpp"
#include "kernels/ivf.hpp"

namespace orrery::kernels {
namespace {

constexpr int rows = 16384, cols = 128, k = 10, lists = 128, clouds = 256;

std::uint32_t next(std::uint32_t& seed) { return (seed = seed * 1664525U + 1013904223U) >> 16; }

// Points in clouds, as embeddings lie: the same cloud centres for rows and queries.
Matrix points(int count, std::uint32_t seed) {
  std::uint32_t of_centres = 7;
  Matrix centres(clouds, cols), out(count, cols);
  const auto unit = [](std::uint32_t& s) { return static_cast<float>(next(s)) * 0x1p-16F - 0.5F; };
  for (float& v : centres.span()) v = unit(of_centres);
  for (int r = 0; r < count; ++r) {
    const int cloud = static_cast<int>(next(seed) % clouds);
    for (int i = 0; i < cols; ++i) out(r, i) = centres(cloud, i) + unit(seed);
  }
  return out;
}

void bench_top_k(benchmark::State& state, Isa isa) {
  if (!supported(isa)) return state.SkipWithError("not supported on this machine");
  const int m = static_cast<int>(state.range(0));
  const Matrix x = points(m, 1), all = points(rows, 2);
  const PackedMatrix packed(all);
  std::vector<Hit> hits(static_cast<std::size_t>(m) * k), want(k);
  const std::vector<std::byte> encoded = encode(WeightType::fp32, all);
  ref::top_k(x.view().slice_rows(m - 1, 1), {WeightType::fp32, encoded, rows, cols}, k, want);
  Workspace workspace({isa, 1});
  top_k(x, packed, k, hits, workspace);
  if (!std::equal(want.begin(), want.end(), hits.end() - k)) return state.SkipWithError("hits differ from the twin's");
  for (auto _ : state) top_k(x, packed, k, hits, workspace);
  state.counters["queries/s"] = benchmark::Counter(m, benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK_CAPTURE(bench_top_k, avx512, Isa::avx512)->Arg(1)->Arg(64);
BENCHMARK_CAPTURE(bench_top_k, avx2, Isa::avx2)->Arg(1)->Arg(64);

void bench_ivf(benchmark::State& state) {
  constexpr int m = 64;
  const int probes = static_cast<int>(state.range(0));
  const Matrix x = points(m, 1), all = points(rows, 2);
  std::vector<Hit> hits(m * k), exact(m * k);
  Workspace workspace;
  const Ivf index(all, cluster(all, lists, 10, workspace));
  top_k(x, PackedMatrix(all), k, exact, workspace);
  index.search(x, k, lists, hits, workspace);
  if (hits != exact) return state.SkipWithError("all lists are not exact search");
  index.search(x, k, probes, hits, workspace);
  for (auto _ : state) index.search(x, k, probes, hits, workspace);
  state.counters["queries/s"] = benchmark::Counter(m, benchmark::Counter::kIsIterationInvariantRate);
  state.counters["recall"] = recall(hits, exact, k);
}
BENCHMARK(bench_ivf)->Arg(1)->Arg(4)->Arg(16)->Arg(128);

void bench_bm25(benchmark::State& state) {
  std::uint32_t seed = 3;
  std::vector<std::string> made;
  const auto word = [&seed] {
    const std::uint64_t a = next(seed), b = next(seed);
    return "w" + std::to_string(a * b >> 20) + " ";  // small numbers come more often
  };
  for (int d = 0; d < 4096; ++d) {
    std::string& text = made.emplace_back();
    for (int i = 0; i < 150; ++i) text += word();
  }
  std::string query;
  for (int i = 0; i < 12; ++i) query += word();
  const std::vector<std::string_view> texts(made.begin(), made.end());
  const Bm25 index(texts);
  const std::vector<float> scores = ref::bm25(texts, query);
  std::vector<Hit> want(k);
  Best best(want);
  for (std::size_t d = 0; d < scores.size(); ++d) best.offer({static_cast<int>(d), scores[d]});
  best.finish();
  if (index.search(query, k) != want) return state.SkipWithError("hits differ from the twin's");
  for (auto _ : state) benchmark::DoNotOptimize(index.search(query, k));
  state.counters["queries/s"] = benchmark::Counter(1, benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(bench_bm25);

}  // namespace
}  // namespace orrery::kernels
