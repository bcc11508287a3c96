#include "kernels/moe.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "kernels/elementary.hpp"

#define ORRERY_BODY "kernels/moe.body.hpp"
#include "kernels/foreach_isa.hpp"

namespace orrery::kernels {
namespace {

// Whether expert a comes before b.
bool preferred(const float* logits, int a, int b) {
  const float x = logits[a], y = logits[b];
  if (std::isnan(x) || std::isnan(y)) return std::isnan(x) == std::isnan(y) ? a < b : std::isnan(y);
  return x != y ? x > y : a < b;
}

// The `active` first ones, in ascending order of expert.
void choose(const float* logits, int experts, std::span<int> out) {
  const int active = static_cast<int>(out.size());
  int kept = 0;
  for (int e = 0; e < experts; ++e) {
    // out[0 .. kept) holds the best so far, the best first.
    int at = kept;
    while (at > 0 && preferred(logits, e, out[static_cast<std::size_t>(at - 1)])) --at;
    if (at == active) continue;
    kept = std::min(kept + 1, active);
    for (int i = kept - 1; i > at; --i) out[static_cast<std::size_t>(i)] = out[static_cast<std::size_t>(i - 1)];
    out[static_cast<std::size_t>(at)] = e;
  }
  std::sort(out.begin(), out.end());
}

void weigh(const float* logits, std::span<const int> expert, std::span<float> weight) {
  float top = logits[expert[0]], sum = 0.0F;
  for (const int e : expert) top = std::max(top, logits[e]);
  for (std::size_t j = 0; j < expert.size(); ++j) sum += weight[j] = exp_fp32(logits[expert[j]] - top);
  for (float& w : weight) w /= sum;
}

int* take_ints(Workspace::Scope& scope, std::size_t count) { return reinterpret_cast<int*>(scope.take(count)); }

}  // namespace

void route(ConstMatrixView logits, const Routing& out) {
  EXPECT(1 <= out.active && out.active <= logits.cols && logits.cols <= 1024);
  const auto active = static_cast<std::size_t>(out.active), rows = static_cast<std::size_t>(logits.rows);
  EXPECT(out.expert.size() == rows * active && out.weight.size() == out.expert.size());
  for (std::size_t r = 0; r < rows; ++r) {
    const float* row = logits.row(static_cast<int>(r));
    choose(row, logits.cols, out.expert.subspan(r * active, active));
    weigh(row, out.expert.subspan(r * active, active), out.weight.subspan(r * active, active));
  }
}

void group(const Routing& routing, std::span<int> first, std::span<int> place) {
  EXPECT(!first.empty() && place.size() == routing.expert.size());
  std::fill(first.begin(), first.end(), 0);
  for (const int e : routing.expert) ++first[static_cast<std::size_t>(e) + 1];
  for (std::size_t e = 1; e < first.size(); ++e) first[e] += first[e - 1];
  // first[e] runs ahead to first[e + 1] while places are given out, and goes back one expert afterwards.
  for (std::size_t p = 0; p < place.size(); ++p) place[p] = first[static_cast<std::size_t>(routing.expert[p])]++;
  for (std::size_t e = first.size() - 1; e > 0; --e) first[e] = first[e - 1];
  first[0] = 0;
}

void combine(ConstMatrixView results, const Routing& routing, std::span<const int> place, MatrixView y,
             const Cpu& cpu) {
  EXPECT(results.cols == y.cols && place.size() == static_cast<std::size_t>(y.rows * routing.active));
  const auto row = by_isa(cpu.isa, ORRERY_EACH(combine_row));
  for (int r = 0; r < y.rows; ++r) {
    const std::ptrdiff_t p = static_cast<std::ptrdiff_t>(r) * routing.active;
    row(results.data, results.stride, place.data() + p, routing.weight.data() + p, routing.active, y.row(r), y.cols);
  }
}

void expert(ConstMatrixView x, const ExpertWeights& weights, MatrixView y, Workspace& workspace) {
  EXPECT(x.rows == y.rows && x.cols == y.cols && weights.gate_up.n() == 2 * weights.down.k());
  const auto product = [&workspace](ConstMatrixView in, const PackedMatrix& w, MatrixView out) {
    gemm(in, w, out, workspace);
    round_to(workspace.numerics.activations, out);
  };
  gated_mlp(
      x, weights.down.k(), y, workspace, [&](ConstMatrixView in, MatrixView out) { product(in, weights.gate_up, out); },
      [&](ConstMatrixView in, MatrixView out) { product(in, weights.down, out); });
}

void LocalExperts::run(ConstMatrixView x, std::span<const int> first, MatrixView y, Workspace& workspace) {
  EXPECT(first.size() == weights_.size() + 1 && x.rows == first.back() && y.rows == x.rows);
  for (std::size_t e = 0; e < weights_.size(); ++e) {
    const int count = first[e + 1] - first[e];
    if (count > 0) expert(x.slice_rows(first[e], count), weights_[e], y.slice_rows(first[e], count), workspace);
  }
}

void moe(ConstMatrixView x, const PackedMatrix& router, int active, Experts& experts, MatrixView y,
         Workspace& workspace) {
  EXPECT(x.rows == y.rows && x.cols == y.cols && router.k() == x.cols);
  EXPECT(x.rows <= std::numeric_limits<int>::max() / std::max(active, 1));
  Workspace::Scope scope(workspace);
  const Rounding rounding = workspace.numerics.activations;
  const MatrixView logits = scope.matrix(x.rows, router.n());
  gemm(x, router, logits, workspace);
  round_to(rounding, logits);
  const auto pairs = static_cast<std::size_t>(x.rows * active), count = static_cast<std::size_t>(router.n()) + 1;
  const Routing routing{active, {take_ints(scope, pairs), pairs}, {scope.take(pairs), pairs}};
  const std::span<int> first(take_ints(scope, count), count), place(take_ints(scope, pairs), pairs);
  route(logits, routing);
  const int all = x.rows * active;
  round_to(rounding, {routing.weight.data(), 1, all, all});
  group(routing, first, place);
  const MatrixView grouped = scope.matrix(all, x.cols), results = scope.matrix(all, x.cols);
  for (int p = 0; p < all; ++p)
    std::memcpy(grouped.row(place[static_cast<std::size_t>(p)]), x.row(p / active),
                static_cast<std::size_t>(x.cols) * sizeof(float));
  experts.run(grouped, first, results, workspace);
  combine(results, routing, place, y, workspace.cpu);
  round_to(rounding, y);
}

}  // namespace orrery::kernels
