// Two-dimensional convolution with stride 1 and zeros around each plane, so that planes keep their size.
//
// y(o, v, h) = sum over c, i, j of x(c, v + i - r, h + j - r) w(o, c, i, j), plus bias(o); r = kernel / 2 rounded down,
// x is +0 outside its plane. A matrix row is a channel's plane, height rows of width values one after the other. Order:
// input channels go in groups of max(1, k_block / kernel^2) (Numerics::k_block, as in gemm); each group is one chain  s
// = fma(x, w, s)  from s = +0 over (c, i, j) in ascending order, the zeros outside included; groups are added in
// ascending order, then the bias. It depends on no other output channel or pixel, on no thread and no instruction set.
// Tolerance, with S = sum |x w| over the terms and n = group * kernel^2 the length of a chain:
//   |error| <= (n + channels / group + 2) u (S + |bias|).
// Cost: 2 out in kernel^2 height width flops; the weights are read once for each row of pixels.
#pragma once

#include <span>

#include "kernels/tensor.hpp"
#include "kernels/workspace.hpp"

namespace orrery::kernels {

// Weights w(o, c, i, j), packed once in panels of eight output channels: [panel][in][kernel][kernel][8], zeros past the
// last channel.
class PackedConv {
 public:
  static constexpr int panel = 8;

  PackedConv() = default;
  // w [out, in * kernel * kernel]; kernel is odd.
  PackedConv(ConstMatrixView w, int kernel);

  int out() const { return out_; }
  int in() const { return in_; }
  int kernel() const { return kernel_; }
  int panels() const { return packed_.rows(); }
  // Of channel c of the input in a panel.
  const float* at(int panel_index, int c) const {
    return packed_.row(panel_index) + static_cast<std::ptrdiff_t>(c) * kernel_ * kernel_ * panel;
  }
  std::size_t bytes() const { return packed_.size() * sizeof(float); }

 private:
  int out_ = 0, in_ = 0, kernel_ = 0;
  Matrix packed_;
};

// x [w.in(), height * width], y [w.out(), height * width], bias [w.out()]; y does not overlap x.
void conv(ConstMatrixView x, int height, const PackedConv& w, std::span<const float> bias, MatrixView y,
          Workspace& workspace);

namespace ref {
// w [out, in * kernel * kernel], not packed.
void conv(ConstMatrixView x, int height, ConstMatrixView w, int kernel, std::span<const float> bias, MatrixView y,
          int k_block = 256);
}  // namespace ref

}  // namespace orrery::kernels
