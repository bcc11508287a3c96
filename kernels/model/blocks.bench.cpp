// Blocks beyond the decoder, at the shapes of known models with random weights: flops a second of their products, on
// the path of this machine, whose bits are first compared with the portable path's.
#include <cstring>

#include <benchmark/benchmark.h>

#include "kernels/model/dit.hpp"
#include "kernels/model/encoder.hpp"

namespace orrery::kernels::model {
namespace {

Matrix random(int rows, int cols, float range, unsigned seed) {
  Matrix out(rows, cols);
  for (float& value : out.span())
    value = (static_cast<float>((seed = seed * 1664525U + 1013904223U) >> 16) * 0x1p-15F - 1.0F) * range;
  return out;
}

Linear random_linear(int out, int in, unsigned seed) {
  const Matrix bias = random(1, out, 0.1F, seed + 1);
  return Linear(random(out, in, 0.05F, seed), {bias.span().begin(), bias.span().end()});
}

// forward(x, workspace) changes x in place.
template <class Forward>
void measure(benchmark::State& state, const Matrix& input, double flops, Forward&& forward) {
  const auto run = [&](Isa isa) {
    Matrix x = Matrix::copy(input);
    Workspace workspace({isa, 1});
    forward(x, workspace);
    return x;
  };
  const Matrix got = run(best_isa()), want = run(Isa::portable);
  if (std::memcmp(got.data(), want.data(), got.size() * sizeof(float)) != 0)
    return state.SkipWithError("the result differs from the portable path's");
  Workspace workspace;
  Matrix x = Matrix::copy(input);
  for (auto _ : state) {
    state.PauseTiming();
    std::memcpy(x.data(), input.data(), x.size() * sizeof(float));  // the same numbers each time
    state.ResumeTiming();
    forward(x, workspace);
  }
  state.counters["flop/s"] = benchmark::Counter(flops, benchmark::Counter::kIsIterationInvariantRate);
}

double products(int n, int h, int f) { return 2.0 * n * (4.0 * h * h + 2.0 * h * f) + 4.0 * n * n * h; }

// DiT-S/2 of Peebles and Xie: 256 tokens of width 384.
void bench_dit(benchmark::State& state) {
  const int images = static_cast<int>(state.range(0)), tokens = 256, h = 384;
  const DitBlock block{6,
                       random_linear(6 * h, h, 1),
                       random_linear(3 * h, h, 3),
                       random_linear(h, h, 5),
                       random_linear(4 * h, h, 7),
                       random_linear(h, 4 * h, 9)};
  const Matrix conditions = random(images, h, 1, 11);
  measure(state, random(images * tokens, h, 1, 13), images * (products(tokens, h, 4 * h) + 12.0 * h * h),
          [&](MatrixView x, Workspace& workspace) { forward_dit(block, x, conditions, workspace); });
}
BENCHMARK(bench_dit)->Arg(1)->Arg(4);

// A block of MiniLM-L6-H384 (all-MiniLM-L6-v2) over texts of 64 tokens.
void bench_encoder(benchmark::State& state) {
  const int texts = static_cast<int>(state.range(0)), tokens = 64, h = 384;
  const LayerNorm norm{std::vector<float>(384, 1.0F), std::vector<float>(384, 0.0F)};
  const EncoderBlock block{random_linear(3 * h, h, 1),
                           random_linear(h, h, 3),
                           random_linear(4 * h, h, 5),
                           random_linear(h, 4 * h, 7),
                           norm,
                           norm};
  const std::vector<int> lengths(static_cast<std::size_t>(texts), tokens);
  measure(state, random(texts * tokens, h, 1, 9), texts * products(tokens, h, 4 * h),
          [&](MatrixView x, Workspace& workspace) { forward_encoder(block, 12, 1e-12F, lengths, x, workspace); });
}
BENCHMARK(bench_encoder)->Arg(1)->Arg(16);

}  // namespace
}  // namespace orrery::kernels::model
