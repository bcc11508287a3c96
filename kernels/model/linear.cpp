#include "kernels/model/linear.hpp"

#include <cstring>
#include <utility>

#include "kernels/attention.hpp"
#include "kernels/mlp.hpp"

namespace orrery::kernels::model {

Linear::Linear(ConstMatrixView w, std::vector<float> b, WeightType type) : weight(w, type), bias(std::move(b)) {
  EXPECT(bias.size() == static_cast<std::size_t>(w.rows));
}

void linear(ConstMatrixView x, const Linear& w, MatrixView y, Workspace& workspace) {
  gemm(x, w.weight, y, workspace);
  add_bias(y, w.bias);
  round_to(workspace.numerics.activations, y);
}

void self_attention(ConstMatrixView qkv, int heads, MatrixView out, Workspace& workspace) {
  const int hidden = out.cols, n = qkv.rows;
  EXPECT(n >= 1 && out.rows == n && qkv.cols == 3 * hidden && heads >= 1 && hidden % heads == 0);
  Workspace::Scope scope(workspace);
  KvView kv;
  kv.kv_heads = heads;
  kv.head_dim = hidden / heads;
  kv.capacity = (n + KvView::panel - 1) / KvView::panel * KvView::panel;
  const auto take = [&scope](std::size_t bytes) {
    float* memory = scope.take(bytes / sizeof(float));
    std::memset(memory, 0, bytes);  // the kernel reads the padding
    return reinterpret_cast<std::byte*>(memory);
  };
  kv.keys = take(kv.key_bytes());
  kv.values = take(kv.value_bytes());
  store_kv(qkv.slice_cols(hidden, hidden), qkv.slice_cols(2 * hidden, hidden), 0, kv);
  attention_unmasked(qkv.slice_cols(0, hidden), heads, n, kv, out, workspace);
  round_to(workspace.numerics.activations, out);
}

}  // namespace orrery::kernels::model
