#include "kernels/model/encoder.hpp"

#include <cmath>
#include <numeric>

#include "kernels/embedding.hpp"
#include "kernels/gelu.hpp"
#include "kernels/layer_norm.hpp"
#include "kernels/mlp.hpp"

namespace orrery::kernels::model {
namespace {

// x = layer_norm(x + y)
void add_and_norm(MatrixView x, ConstMatrixView y, const LayerNorm& norm, float eps, Workspace& workspace) {
  add(x, y, workspace.cpu);
  round_to(workspace.numerics.activations, x);
  layer_norm(x, norm.weight, norm.offset, eps, x, workspace.cpu);
  round_to(workspace.numerics.activations, x);
}

int sum(Lengths lengths) { return std::accumulate(lengths.begin(), lengths.end(), 0); }

// Calls work(text, its first row, its rows) for every text.
template <class Work>
void each_text(Lengths lengths, Work&& work) {
  int first = 0;
  for (std::size_t i = 0; i < lengths.size(); first += lengths[i++]) {
    EXPECT(lengths[i] >= 1);
    work(static_cast<int>(i), first, lengths[i]);
  }
}

}  // namespace

void forward_encoder(const EncoderBlock& w, int heads, float norm_eps, Lengths lengths, MatrixView x,
                     Workspace& workspace) {
  const int h = w.qkv.in();
  EXPECT(x.rows == sum(lengths) && x.rows >= 1 && x.cols == h && w.qkv.out() == 3 * h && w.output.in() == h);
  EXPECT(w.output.out() == h && w.up.in() == h && w.down.in() == w.up.out() && w.down.out() == h);
  Workspace::Scope scope(workspace);
  const MatrixView qkv = scope.matrix(x.rows, 3 * h), mixed = scope.matrix(x.rows, h), sums = scope.matrix(x.rows, h);
  const MatrixView wide = scope.matrix(x.rows, w.up.out());
  linear(x, w.qkv, qkv, workspace);
  each_text(lengths, [&](int, int first, int n) {
    self_attention(qkv.slice_rows(first, n), heads, mixed.slice_rows(first, n), workspace);
  });
  linear(mixed, w.output, sums, workspace);
  add_and_norm(x, sums, w.attention_norm, norm_eps, workspace);
  linear(x, w.up, wide, workspace);
  gelu(Gelu::erf, wide, wide, workspace.cpu);
  round_to(workspace.numerics.activations, wide);
  linear(wide, w.down, sums, workspace);
  add_and_norm(x, sums, w.ffn_norm, norm_eps, workspace);
}

void embed_tokens(const Encoder& e, std::span<const int> tokens, Lengths lengths, MatrixView x, Workspace& workspace) {
  EXPECT(x.rows == sum(lengths) && tokens.size() == static_cast<std::size_t>(x.rows) && e.segments.rows() >= 1);
  embed(e.words, tokens, x);
  each_text(lengths, [&](int, int first, int n) {
    const MatrixView rows = x.slice_rows(first, n);
    add(rows, e.positions.view().slice_rows(0, n), workspace.cpu);
    add_bias(rows, e.segments.view().row_span(0));
  });
  round_to(workspace.numerics.activations, x);
  layer_norm(x, e.embedding_norm.weight, e.embedding_norm.offset, e.norm_eps, x, workspace.cpu);
  round_to(workspace.numerics.activations, x);
}

void mean_pool(ConstMatrixView x, Lengths lengths, MatrixView out) {
  EXPECT(x.rows == sum(lengths) && out.rows == static_cast<int>(lengths.size()) && out.cols == x.cols);
  each_text(lengths, [&](int text, int first, int n) {
    const std::span<float> to = out.row_span(text);
    for (int i = 0; i < x.cols; ++i) {
      float total = x(first, i);
      for (int r = 1; r < n; ++r) total += x(first + r, i);
      to[static_cast<std::size_t>(i)] = total / static_cast<float>(n);
    }
  });
}

void normalise_rows(MatrixView x) {
  for (int r = 0; r < x.rows; ++r) {
    float squares = 0.0F;
    for (const float v : x.row_span(r)) squares = std::fma(v, v, squares);
    if (squares == 0.0F) continue;
    const float length = std::sqrt(squares);
    for (float& v : x.row_span(r)) v /= length;
  }
}

void embed_texts(const Encoder& e, std::span<const int> tokens, Lengths lengths, bool normalise, MatrixView out,
                 Workspace& workspace) {
  Workspace::Scope scope(workspace);
  const MatrixView x = scope.matrix(sum(lengths), e.hidden());
  embed_tokens(e, tokens, lengths, x, workspace);
  for (const EncoderBlock& block : e.blocks) forward_encoder(block, e.heads, e.norm_eps, lengths, x, workspace);
  mean_pool(x, lengths, out);
  if (normalise) normalise_rows(out);
}

}  // namespace orrery::kernels::model
