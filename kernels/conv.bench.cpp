// The convolutions of the small diffusion model, layer normalisation and GELU over one of its images: flops a second.
#include "kernels/conv.hpp"

#include <cstring>
#include <tuple>

#include <benchmark/benchmark.h>

#include "kernels/gelu.hpp"
#include "kernels/layer_norm.hpp"

namespace orrery::kernels {
namespace {

void fill(Matrix& m, unsigned seed) {
  for (float& value : m.span())
    value = static_cast<float>(static_cast<int>((seed = seed * 1664525U + 1013904223U) >> 16)) * 0x1p-16F - 0.5F;
}

bool same(const Matrix& a, const Matrix& b) { return std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0; }

void bench_conv(benchmark::State& state, Isa isa) {
  if (!supported(isa)) return state.SkipWithError("not supported on this machine");
  const int in = static_cast<int>(state.range(0)), out = static_cast<int>(state.range(1)),
            kernel = static_cast<int>(state.range(2));
  Matrix x(in, 28 * 28), w(out, in * kernel * kernel), bias(1, out), y(out, 28 * 28), want(out, 28 * 28);
  fill(x, 1), fill(w, 2), fill(bias, 3);
  const PackedConv packed(w, kernel);
  Workspace workspace({isa, 1});
  conv(x, 28, packed, bias.span(), y, workspace);
  ref::conv(x, 28, w, kernel, bias.span(), want);
  if (!same(y, want)) return state.SkipWithError("the result differs from the twin's");
  for (auto _ : state) conv(x, 28, packed, bias.span(), y, workspace);
  state.counters["flop/s"] =
      benchmark::Counter(2.0 * out * in * kernel * kernel * 28 * 28, benchmark::Counter::kIsIterationInvariantRate);
}

void shapes(benchmark::internal::Benchmark* b) {
  for (const auto& [in, out, kernel] : {std::tuple(1, 16, 7), {16, 32, 7}, {32, 32, 7}, {32, 16, 7}, {16, 1, 3}})
    b->Args({in, out, kernel});
}
BENCHMARK_CAPTURE(bench_conv, avx512, Isa::avx512)->Apply(shapes);
BENCHMARK_CAPTURE(bench_conv, avx2, Isa::avx2)->Apply(shapes);
BENCHMARK_CAPTURE(bench_conv, portable, Isa::portable)->Args({16, 32, 7});

void bench_layer_norm(benchmark::State& state, Isa isa) {
  if (!supported(isa)) return state.SkipWithError("not supported on this machine");
  const int n = static_cast<int>(state.range(0));
  Matrix x(1, n), w(1, n), b(1, n), y(1, n), want(1, n);
  fill(x, 1), fill(w, 2), fill(b, 3);
  layer_norm(x, w.span(), b.span(), 1e-5F, y, {isa, 1});
  ref::layer_norm(x, w.span(), b.span(), 1e-5F, want);
  if (!same(y, want)) return state.SkipWithError("the result differs from the twin's");
  for (auto _ : state) layer_norm(x, w.span(), b.span(), 1e-5F, y, {isa, 1});
  state.counters["elements/s"] = benchmark::Counter(n, benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK_CAPTURE(bench_layer_norm, avx512, Isa::avx512)->Arg(1152)->Arg(32 * 28 * 28);
BENCHMARK_CAPTURE(bench_layer_norm, avx2, Isa::avx2)->Arg(1152)->Arg(32 * 28 * 28);

void bench_gelu(benchmark::State& state, Gelu form) {
  Matrix x(1, 32 * 28 * 28), y(1, 32 * 28 * 28), want(1, 32 * 28 * 28);
  fill(x, 1);
  gelu(form, x, y, {});
  ref::gelu(form, x, want);
  if (!same(y, want)) return state.SkipWithError("the result differs from the twin's");
  for (auto _ : state) gelu(form, x, y, {});
  state.counters["elements/s"] = benchmark::Counter(y.cols(), benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK_CAPTURE(bench_gelu, erf, Gelu::erf);
BENCHMARK_CAPTURE(bench_gelu, tanh, Gelu::tanh);

}  // namespace
}  // namespace orrery::kernels
