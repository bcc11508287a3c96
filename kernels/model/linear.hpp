// A product with its bias, as blocks outside the LLaMA family have them, and the unmasked attention that they share.
//
// Both inherit the order and the tolerance of the kernels that they call (gemm.hpp, attention.hpp); results are rounded
// as Numerics::activations says. A row of linear depends on its own row of x only.
#pragma once

#include <vector>

#include "kernels/gemm.hpp"
#include "kernels/rounding.hpp"

namespace orrery::kernels::model {

struct Linear {
  PackedMatrix weight;      // [out, in]
  std::vector<float> bias;  // [out]

  Linear() = default;
  // w [out, in], b [out].
  Linear(ConstMatrixView w, std::vector<float> b, WeightType type = WeightType::fp32);
  int in() const { return weight.k(); }
  int out() const { return weight.n(); }
};

// x [m, in], y [m, out]; y = x W^T + bias and does not overlap x.
void linear(ConstMatrixView x, const Linear& w, MatrixView y, Workspace& workspace);

// qkv [n, 3 hidden]: queries, keys, values of `heads` heads, side by side; out [n, hidden]. Every row sees all n rows.
void self_attention(ConstMatrixView qkv, int heads, MatrixView out, Workspace& workspace);

}  // namespace orrery::kernels::model
