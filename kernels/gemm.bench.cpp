// gemm at the shape of a LLaMA-1.1B feed-forward layer and at the embedded model's, for decode (m = 1) to prefill.
// Prints flops and weight bytes a second of CPU time, and the share of the fp32 FMA rate measured in the same process.
#include "kernels/gemm.hpp"

#include <algorithm>
#include <cstring>
#include <ctime>
#include <vector>

#include <benchmark/benchmark.h>

#include "kernels/peak.hpp"

namespace orrery::kernels {
namespace {

double cpu_seconds() {
  timespec now = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// Flops a second of independent fused multiply-adds on registers: best of 20, once for each path.
double peak(Isa isa) {
  static double known[3] = {};
  double& best = known[static_cast<int>(isa)];
  if (best > 0.0) return best;
  for (int repeat = 0; repeat < 20; ++repeat) {
    const double start = cpu_seconds();
    const double flops = fma_flops(isa, 100000);
    best = std::max(best, flops / (cpu_seconds() - start));
  }
  return best;
}

void fill(Matrix& m, unsigned seed) {
  for (float& value : m.span())
    value = static_cast<float>(static_cast<int>((seed = seed * 1664525U + 1013904223U) >> 16)) * 0x1p-16F - 0.5F;
}

void bench_gemm(benchmark::State& state, Isa isa, WeightType type) {
  const int m = static_cast<int>(state.range(0)), k = static_cast<int>(state.range(1)),
            n = static_cast<int>(state.range(2));
  if (!supported(isa)) return state.SkipWithError("not supported on this machine");
  Matrix x(m, k), w(n, k), y(m, n), want(1, n);
  fill(x, 1), fill(w, 2);
  const std::vector<std::byte> encoded = encode(type, w);
  const PackedMatrix packed(EncodedView{type, encoded, n, k});
  Workspace workspace({isa, 1});
  gemm(x, packed, y, workspace);
  ref::gemm(x.view().slice_rows(m - 1, 1), EncodedView{type, encoded, n, k}, want);
  if (std::memcmp(want.data(), y.row(m - 1), sizeof(float) * static_cast<std::size_t>(n)) != 0)
    return state.SkipWithError("the last row differs from the twin's");
  const double start = cpu_seconds();
  for (auto _ : state) gemm(x, packed, y, workspace);
  const double seconds = cpu_seconds() - start, runs = static_cast<double>(state.iterations());
  const double flops = 2.0 * m * n * k * runs / seconds;
  state.counters["GF/s"] = flops * 1e-9;
  state.counters["weights GB/s"] = static_cast<double>(packed.bytes()) * runs / seconds * 1e-9;
  state.counters["of FMA peak"] = flops / peak(isa);
}

void shapes(benchmark::internal::Benchmark* b) {
  for (const int m : {1, 4, 16, 128}) b->Args({m, 2048, 5632});
  for (const int m : {1, 16, 128}) b->Args({m, 128, 704});
}
BENCHMARK_CAPTURE(bench_gemm, avx512_fp32, Isa::avx512, WeightType::fp32)->Apply(shapes);
BENCHMARK_CAPTURE(bench_gemm, avx512_bf16, Isa::avx512, WeightType::bf16)->Apply(shapes);
BENCHMARK_CAPTURE(bench_gemm, avx512_int8, Isa::avx512, WeightType::int8)->Apply(shapes);
BENCHMARK_CAPTURE(bench_gemm, avx512_int4, Isa::avx512, WeightType::int4)->Apply(shapes);
BENCHMARK_CAPTURE(bench_gemm, avx2_fp32, Isa::avx2, WeightType::fp32)->Apply(shapes);
BENCHMARK_CAPTURE(bench_gemm, avx2_bf16, Isa::avx2, WeightType::bf16)->Apply(shapes);
BENCHMARK_CAPTURE(bench_gemm, avx2_int8, Isa::avx2, WeightType::int8)->Apply(shapes);
BENCHMARK_CAPTURE(bench_gemm, avx2_int4, Isa::avx2, WeightType::int4)->Apply(shapes);
BENCHMARK_CAPTURE(bench_gemm, portable_fp32, Isa::portable, WeightType::fp32)->Args({4, 128, 704});

}  // namespace
}  // namespace orrery::kernels
