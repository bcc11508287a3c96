// A mixture of experts against the dense layer that does as many flops for a row: Mixtral's shape at a quarter of its
// width, and a feed-forward layer as wide as the experts that a row passes through.
#include "kernels/moe.hpp"

#include <cmath>
#include <cstring>
#include <memory>
#include <vector>

#include <benchmark/benchmark.h>

namespace orrery::kernels {
namespace {

constexpr int hidden = 1024, ffn = 3584, experts = 8, active = 2;

Matrix filled(int rows, int cols, unsigned seed) {
  Matrix m(rows, cols);
  const float scale = std::sqrt(12.0F / static_cast<float>(cols));  // products keep the size of their rows
  for (float& value : m.span())
    value = scale * (static_cast<float>((seed = seed * 1664525U + 1013904223U) >> 16U) * 0x1p-16F - 0.5F);
  return m;
}

// Encoded for the twin, packed for the kernel.
struct OneExpert {
  std::vector<std::byte> gate, up, down;
  ref::Expert twin;
  ExpertWeights packed;

  OneExpert(WeightType type, int width, unsigned seed)
      : gate(encode(type, filled(width, hidden, seed))),
        up(encode(type, filled(width, hidden, seed + 1))),
        down(encode(type, filled(hidden, width, seed + 2))),
        twin{{type, gate, width, hidden}, {type, up, width, hidden}, {type, down, hidden, width}},
        packed{PackedMatrix(2 * width, hidden, type), PackedMatrix(twin.down)} {
    packed.gate_up.set_rows(0, twin.gate);
    packed.gate_up.set_rows(width, twin.up);
  }
  OneExpert(const OneExpert&) = delete;
};

void report(benchmark::State& state, int rows, double weight_bytes) {
  const double runs = static_cast<double>(state.iterations());
  state.counters["GF/s"] =
      benchmark::Counter(6.0 * rows * hidden * ffn * active * runs * 1e-9, benchmark::Counter::kIsRate);
  state.counters["weights MB"] = weight_bytes * 1e-6;  // that a call reads
}

bool last_row_differs(const Matrix& got, const Matrix& want) {
  return std::memcmp(got.row(got.rows() - 1), want.data(), sizeof(float) * hidden) != 0;
}

void bench_mixture(benchmark::State& state, WeightType type) {
  const int rows = static_cast<int>(state.range(0));
  std::vector<ref::Expert> twins;
  std::vector<ExpertWeights> weights;
  std::vector<std::unique_ptr<OneExpert>> all;
  for (int e = 0; e < experts; ++e) {
    all.push_back(std::make_unique<OneExpert>(type, ffn, static_cast<unsigned>(10 * e + 1)));
    twins.push_back(all.back()->twin);
    weights.push_back(std::move(all.back()->packed));
  }
  const Matrix x = filled(rows, hidden, 5), router = filled(experts, hidden, 6);
  const PackedMatrix packed_router(router);
  Matrix y(rows, hidden), want(1, hidden);
  LocalExperts local(weights);
  Workspace workspace;
  moe(x, packed_router, active, local, y, workspace);
  ref::moe(x.view().slice_rows(rows - 1, 1), router, active, twins, want);
  if (last_row_differs(y, want)) return state.SkipWithError("the last row differs from the twin's");

  // The experts that these rows choose.
  Matrix logits(rows, experts);
  gemm(x, packed_router, logits, workspace);
  std::vector<int> chosen(static_cast<std::size_t>(rows * active)), first(experts + 1), place(chosen.size());
  std::vector<float> weight(chosen.size());
  route(logits, {active, chosen, weight});
  group({active, chosen, weight}, first, place);
  double bytes = 0;
  for (std::size_t e = 0; e < experts; ++e)
    if (first[e + 1] > first[e]) bytes += static_cast<double>(weights[e].bytes());

  for (auto _ : state) moe(x, packed_router, active, local, y, workspace);
  report(state, rows, bytes);
}

void bench_dense(benchmark::State& state, WeightType type) {
  const int rows = static_cast<int>(state.range(0));
  const OneExpert one(type, active * ffn, 1);
  const Matrix x = filled(rows, hidden, 5), router = filled(1, hidden, 6);
  Matrix y(rows, hidden), want(1, hidden);
  Workspace workspace;
  expert(x, one.packed, y, workspace);
  // With a single expert p = 1, and the mixture is that expert.
  ref::moe(x.view().slice_rows(rows - 1, 1), router, 1, std::span(&one.twin, 1), want);
  if (last_row_differs(y, want)) return state.SkipWithError("the last row differs from the twin's");
  for (auto _ : state) expert(x, one.packed, y, workspace);
  report(state, rows, static_cast<double>(one.packed.bytes()));
}

void rows(benchmark::internal::Benchmark* b) {
  for (const int m : {1, 8, 128}) b->Arg(m);
}
BENCHMARK_CAPTURE(bench_mixture, fp32, WeightType::fp32)->Apply(rows);
BENCHMARK_CAPTURE(bench_dense, fp32, WeightType::fp32)->Apply(rows);
BENCHMARK_CAPTURE(bench_mixture, int8, WeightType::int8)->Apply(rows);
BENCHMARK_CAPTURE(bench_dense, int8, WeightType::int8)->Apply(rows);

}  // namespace
}  // namespace orrery::kernels
