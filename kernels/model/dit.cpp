#include "kernels/model/dit.hpp"

#include "kernels/gelu.hpp"
#include "kernels/layer_norm.hpp"
#include "kernels/mlp.hpp"

namespace orrery::kernels::model {
namespace {

constexpr float norm_eps = 1e-6F;

// What the condition says about one image: parts 0 to 5 of W_c silu(c) + b_c.
struct Modulation {
  ConstMatrixView row;
  int hidden;
  std::span<const float> part(int i) const { return row.slice_cols(i * hidden, hidden).row_span(0); }
};

// y = layer_norm(x) (1 + scale) + shift
void modulated(ConstMatrixView x, std::span<const float> shift, std::span<const float> scale, MatrixView y,
               Workspace& workspace) {
  Workspace::Scope scope(workspace);
  const MatrixView weight = scope.matrix(1, x.cols);
  for (int i = 0; i < x.cols; ++i) weight(0, i) = 1.0F + scale[static_cast<std::size_t>(i)];
  layer_norm(x, weight.row_span(0), shift, norm_eps, y, workspace.cpu);
  round_to(workspace.numerics.activations, y);
}

void add_part(MatrixView x, std::span<const float> gate, ConstMatrixView y, Workspace& workspace) {
  add_gated(x, gate, y, workspace.cpu);
  round_to(workspace.numerics.activations, x);
}

// Images of a batch one after another: what is done to the rows of each.
struct Batch {
  int images, tokens;
  ConstMatrixView conditions;  // [images, 6 h]
  int hidden;

  template <class Work>
  void each(Work&& work) const {
    for (int i = 0; i < images; ++i) work(i * tokens, Modulation{conditions.slice_rows(i, 1), hidden});
  }
};

void attention_half(const DitBlock& w, const Batch& batch, MatrixView x, Workspace& workspace) {
  Workspace::Scope scope(workspace);
  const int h = w.hidden(), n = batch.tokens;
  const MatrixView normed = scope.matrix(x.rows, h), qkv = scope.matrix(x.rows, 3 * h), mixed = scope.matrix(x.rows, h);
  batch.each([&](int first, const Modulation& m) {
    modulated(x.slice_rows(first, n), m.part(0), m.part(1), normed.slice_rows(first, n), workspace);
  });
  linear(normed, w.qkv, qkv, workspace);
  batch.each([&](int first, const Modulation&) {
    self_attention(qkv.slice_rows(first, n), w.heads, mixed.slice_rows(first, n), workspace);
  });
  linear(mixed, w.output, normed, workspace);
  batch.each([&](int first, const Modulation& m) {
    add_part(x.slice_rows(first, n), m.part(2), normed.slice_rows(first, n), workspace);
  });
}

void mlp_half(const DitBlock& w, const Batch& batch, MatrixView x, Workspace& workspace) {
  Workspace::Scope scope(workspace);
  const int n = batch.tokens;
  const MatrixView normed = scope.matrix(x.rows, w.hidden()), wide = scope.matrix(x.rows, w.up.out());
  batch.each([&](int first, const Modulation& m) {
    modulated(x.slice_rows(first, n), m.part(3), m.part(4), normed.slice_rows(first, n), workspace);
  });
  linear(normed, w.up, wide, workspace);
  gelu(Gelu::tanh, wide, wide, workspace.cpu);
  round_to(workspace.numerics.activations, wide);
  linear(wide, w.down, normed, workspace);
  batch.each([&](int first, const Modulation& m) {
    add_part(x.slice_rows(first, n), m.part(5), normed.slice_rows(first, n), workspace);
  });
}

// Calls move(row of patches, column, channel, pixel of its plane) for every number of an image.
template <class Move>
void for_each_number(int channels, int height, int width, int patch, Move&& move) {
  EXPECT(patch >= 1 && height % patch == 0 && width % patch == 0);
  for (int c = 0; c < channels; ++c)
    for (int v = 0; v < height; ++v)
      for (int h = 0; h < width; ++h)
        move(v / patch * (width / patch) + h / patch, (c * patch + v % patch) * patch + h % patch, c, v * width + h);
}

void check_shapes(ConstMatrixView image, ConstMatrixView patches, int height, int patch) {
  EXPECT(height >= 1 && image.cols % height == 0 && patch >= 1);
  EXPECT(patches.cols == image.rows * patch * patch && patches.rows * patch * patch == image.cols);
}

}  // namespace

void forward_dit(const DitBlock& w, MatrixView x, ConstMatrixView conditions, Workspace& workspace) {
  const int h = w.hidden();
  EXPECT(conditions.rows >= 1 && x.rows >= 1 && x.rows % conditions.rows == 0 && x.cols == h && conditions.cols == h);
  EXPECT(w.condition.in() == h && w.condition.out() == 6 * h && w.qkv.out() == 3 * h);
  EXPECT(w.output.in() == h && w.output.out() == h && w.up.in() == h && w.down.in() == w.up.out() && w.down.out() == h);
  Workspace::Scope scope(workspace);
  const MatrixView active = scope.matrix(conditions.rows, h), parts = scope.matrix(conditions.rows, 6 * h);
  silu(conditions, active, workspace.cpu);
  round_to(workspace.numerics.activations, active);
  linear(active, w.condition, parts, workspace);
  const Batch batch{conditions.rows, x.rows / conditions.rows, parts, h};
  attention_half(w, batch, x, workspace);
  mlp_half(w, batch, x, workspace);
}

void patchify(ConstMatrixView image, int height, int patch, MatrixView patches) {
  check_shapes(image, patches, height, patch);
  for_each_number(image.rows, height, image.cols / height, patch,
                  [&](int row, int column, int c, int pixel) { patches(row, column) = image(c, pixel); });
}

void unpatchify(ConstMatrixView patches, int height, int patch, MatrixView image) {
  check_shapes(image, patches, height, patch);
  for_each_number(image.rows, height, image.cols / height, patch,
                  [&](int row, int column, int c, int pixel) { image(c, pixel) = patches(row, column); });
}

void embed_patches(ConstMatrixView patches, const Linear& embedding, ConstMatrixView positions, MatrixView tokens,
                   Workspace& workspace) {
  EXPECT(positions.rows == patches.rows && positions.cols == embedding.out());
  linear(patches, embedding, tokens, workspace);
  add(tokens, positions, workspace.cpu);
  round_to(workspace.numerics.activations, tokens);
}

}  // namespace orrery::kernels::model
