#include "kernels/moe.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "kernels/elementary.hpp"

namespace orrery::kernels::ref {
namespace {

Matrix product(ConstMatrixView x, const EncodedView& w, const Numerics& numerics) {
  Matrix y(x.rows, w.rows);
  ref::gemm(x, w, y, numerics.k_block);
  ref::round_to(numerics.activations, y);
  return y;
}

}  // namespace

void route(ConstMatrixView logits, const Routing& out) {
  for (int r = 0; r < logits.rows; ++r) {
    std::vector<int> order(static_cast<std::size_t>(logits.cols));
    std::iota(order.begin(), order.end(), 0);
    const auto key = [&](int e) {  // NaN below every number
      return std::isnan(logits(r, e)) ? -2.0 : std::isinf(logits(r, e)) && logits(r, e) < 0 ? -1.0 : 0.0;
    };
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
      return key(a) != key(b) ? key(a) > key(b) : key(a) == 0.0 && logits(r, a) > logits(r, b);
    });
    const float top = logits(r, order[0]);
    order.resize(static_cast<std::size_t>(out.active));
    std::sort(order.begin(), order.end());
    float sum = 0.0F;
    for (const int e : order) sum += exp_fp32(logits(r, e) - top);
    for (int j = 0; j < out.active; ++j) {
      const auto at = static_cast<std::size_t>(r * out.active + j);
      out.expert[at] = order[static_cast<std::size_t>(j)];
      out.weight[at] = exp_fp32(logits(r, out.expert[at]) - top) / sum;
    }
  }
}

void moe(ConstMatrixView x, ConstMatrixView router, int active, std::span<const Expert> experts, MatrixView y,
         const Numerics& numerics) {
  for (int r = 0; r < x.rows; ++r) {
    const ConstMatrixView row = x.slice_rows(r, 1);
    Matrix logits(1, router.rows);
    ref::gemm(row, router, logits, numerics.k_block);
    ref::round_to(numerics.activations, logits);
    std::vector<int> chosen(static_cast<std::size_t>(active));
    Matrix weight(1, active);
    ref::route(logits, {active, chosen, weight.span()});
    ref::round_to(numerics.activations, weight);
    std::vector<float> sum(static_cast<std::size_t>(x.cols), 0.0F);
    for (int j = 0; j < active; ++j) {
      const Expert& e = experts[static_cast<std::size_t>(chosen[static_cast<std::size_t>(j)])];
      const Matrix gate = product(row, e.gate, numerics), up = product(row, e.up, numerics);
      Matrix gated(1, gate.cols());
      ref::swiglu(gate, up, gated);
      ref::round_to(numerics.activations, gated);
      const Matrix part = product(gated, e.down, numerics);
      for (std::size_t i = 0; i < sum.size(); ++i)
        sum[i] = std::fma(weight(0, j), part(0, static_cast<int>(i)), sum[i]);
    }
    std::copy(sum.begin(), sum.end(), y.row(r));
    ref::round_to(numerics.activations, y.slice_rows(r, 1));
  }
}

}  // namespace orrery::kernels::ref
