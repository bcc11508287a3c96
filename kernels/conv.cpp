#include "kernels/conv.hpp"

#include <algorithm>
#include <cstring>

namespace orrery::kernels {
namespace {

constexpr int conv_panel = PackedConv::panel;

// One row of pixels of a panel's channels: the sum over a group of input channels.
struct ConvRow {
  const float* x;                // padded planes: the topmost row and leftmost column that the first pixel sees
  std::ptrdiff_t plane, stride;  // from a padded plane, and from a row, to the next
  const float* w;                // the group's weights in the panel
  int channels, kernel;
  float* y;  // the row in the panel's first output plane
  std::ptrdiff_t y_stride;
  int outputs, width;  // channels that the panel has, pixels
  bool begins;         // the first group: y holds nothing yet
  const float* bias;   // of the panel, with the last group; else null
};

}  // namespace
}  // namespace orrery::kernels

#define ORRERY_BODY "kernels/conv.body.hpp"
#include "kernels/foreach_isa.hpp"

namespace orrery::kernels {
namespace {

constexpr double worth_a_thread = 1 << 20;  // multiplications below which a second thread costs more than it brings

int up16(int n) { return (n + vec_lanes - 1) / vec_lanes * vec_lanes; }

// The planes with zeros around them: above, below and to the left as far as the kernel reaches, to the right as far as
// the last vector does.
struct Padded {
  float* data;
  int rows, stride;  // of a plane

  Padded(Workspace::Scope& scope, ConstMatrixView x, int height, int kernel)
      : rows(height + kernel - 1), stride(up16(up16(x.cols / height) + kernel - 1)) {
    const int width = x.cols / height, reach = kernel / 2;
    const std::size_t size = static_cast<std::size_t>(x.rows) * static_cast<std::size_t>(plane());
    data = scope.take(size);
    std::fill_n(data, size, 0.0F);
    for (int c = 0; c < x.rows; ++c)
      for (int v = 0; v < height; ++v)
        std::memcpy(data + c * plane() + static_cast<std::ptrdiff_t>(v + reach) * stride + reach,
                    x.row(c) + static_cast<std::ptrdiff_t>(v) * width, static_cast<std::size_t>(width) * sizeof(float));
  }
  std::ptrdiff_t plane() const { return static_cast<std::ptrdiff_t>(rows) * stride; }
};

// What all rows of one call share.
struct Call {
  const Padded& x;
  const PackedConv& w;
  std::span<const float> bias;
  MatrixView y;
  int width, group;
  void (*row)(const ConvRow&);

  // One row of pixels of one panel, which nobody else writes.
  void run(int panel, int v) const {
    const int first = panel * conv_panel;
    for (int c = 0; c < w.in(); c += group) {
      const bool last = c + group >= w.in();
      row({.x = x.data + c * x.plane() + static_cast<std::ptrdiff_t>(v) * x.stride,
           .plane = x.plane(),
           .stride = x.stride,
           .w = w.at(panel, c),
           .channels = std::min(group, w.in() - c),
           .kernel = w.kernel(),
           .y = y.row(first) + static_cast<std::ptrdiff_t>(v) * width,
           .y_stride = y.stride,
           .outputs = std::min(conv_panel, w.out() - first),
           .width = width,
           .begins = c == 0,
           .bias = last ? bias.data() + first : nullptr});
    }
  }
};

}  // namespace

PackedConv::PackedConv(ConstMatrixView w, int kernel) : out_(w.rows), kernel_(kernel) {
  EXPECT(kernel >= 1 && kernel % 2 == 1 && w.rows >= 1 && w.cols >= 1 && w.cols % (kernel * kernel) == 0);
  in_ = w.cols / (kernel * kernel);
  packed_ = Matrix((out_ + panel - 1) / panel, w.cols * panel);
  for (int o = 0; o < out_; ++o)
    for (int i = 0; i < w.cols; ++i) packed_(o / panel, i * panel + o % panel) = w(o, i);
}

void conv(ConstMatrixView x, int height, const PackedConv& w, std::span<const float> bias, MatrixView y,
          Workspace& workspace) {
  EXPECT(height >= 1 && x.cols >= 1 && x.cols % height == 0 && x.rows == w.in());
  EXPECT(y.rows == w.out() && y.cols == x.cols && bias.size() == static_cast<std::size_t>(w.out()));
  Workspace::Scope scope(workspace);
  const Padded padded(scope, x, height, w.kernel());
  const int area = w.kernel() * w.kernel();
  const Call call{padded,
                  w,
                  bias,
                  y,
                  x.cols / height,
                  std::max(1, workspace.numerics.k_block / area),
                  by_isa(workspace.cpu.isa, ORRERY_EACH(conv_row))};
  const bool share = static_cast<double>(w.out()) * w.in() * area * x.cols >= worth_a_thread;
  const int tasks = w.panels() * height;
  // Task t is row t mod height of panel t / height: a thread's rows follow each other and read the same weights.
  if (!share || workspace.cpu.threads == 1) {
    for (int t = 0; t < tasks; ++t) call.run(t / height, t % height);
  } else {
#pragma omp parallel for num_threads(workspace.cpu.threads) schedule(static)
    for (int t = 0; t < tasks; ++t) call.run(t / height, t % height);
  }
}

}  // namespace orrery::kernels
