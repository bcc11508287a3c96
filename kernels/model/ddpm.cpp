#include "kernels/model/ddpm.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/elementary.hpp"
#include "kernels/gelu.hpp"
#include "kernels/layer_norm.hpp"
#include "kernels/noise.hpp"

namespace orrery::kernels::model {
namespace {

constexpr float norm_eps = 1e-5F;  // PyTorch's

// Rows without gaps, so that all channels can be seen as one row.
MatrixView planes(float* data, int channels, int pixels) { return {data, channels, pixels, pixels}; }
MatrixView as_row(MatrixView x) {
  EXPECT(x.stride == x.cols);
  return {x.data, 1, x.rows * x.cols, static_cast<std::ptrdiff_t>(x.rows) * x.cols};
}

void activate(MatrixView x, Workspace& workspace) {
  gelu(Gelu::erf, x, x, workspace.cpu);
  round_to(workspace.numerics.activations, x);
}

// [1, channels of block 0]
MatrixView time_embedding(const Ddpm& m, int step, Workspace::Scope& scope, Workspace& workspace) {
  const int half = static_cast<int>(m.frequencies.size());
  MatrixView at = scope.matrix(1, 2 * half);
  const float t = static_cast<float>(step) / static_cast<float>(m.steps());
  for (int i = 0; i < half; ++i) {
    const double phase = t * m.frequencies[static_cast<std::size_t>(i)];
    at(0, i) = static_cast<float>(exact::sin(phase));
    at(0, half + i) = static_cast<float>(exact::cos(phase)) - 1.0F;
  }
  for (std::size_t layer = 0; layer < m.time.size(); ++layer) {
    const MatrixView next = scope.matrix(1, m.time[layer].out());
    linear(at, m.time[layer], next, workspace);
    if (layer + 1 < m.time.size()) activate(next, workspace);
    at = next;
  }
  return at;
}

void forward(const Ddpm& m, const DdpmBlock& block, ConstMatrixView x, MatrixView y, Workspace& workspace) {
  conv(x, m.height, block.conv, block.bias, y, workspace);
  const MatrixView all = as_row(y);
  round_to(workspace.numerics.activations, all);
  layer_norm(all, block.norm_weight, block.norm_offset, norm_eps, all, workspace.cpu);
  round_to(workspace.numerics.activations, all);
  activate(all, workspace);
}

void add_to_channels(MatrixView x, ConstMatrixView e, const Workspace& workspace) {
  for (int c = 0; c < x.rows; ++c)
    for (float& value : x.row_span(c)) value += e(0, c);
  round_to(workspace.numerics.activations, x);
}

// One image, from noise to the end.
void sample_one(const Ddpm& m, std::uint64_t seed, std::uint64_t image, std::span<float> out, Workspace& workspace) {
  Workspace::Scope scope(workspace);
  const MatrixView normal = scope.matrix(1, m.numbers());
  const MatrixView x = planes(out.data(), m.channels(), m.pixels());
  normal_noise(seed, image, static_cast<std::uint32_t>(m.steps()) + 1, out);
  for (int step = m.steps(); step >= 1; --step) {
    if (step > 1) normal_noise(seed, image, static_cast<std::uint32_t>(step), normal.row_span(0));
    denoise(m, x, step, normal.row_span(0), workspace);
  }
}

}  // namespace

double Ddpm::flops() const {
  double sum = 0.0;
  const auto add = [&](const PackedConv& c) { sum += 2.0 * c.out() * c.in() * c.kernel() * c.kernel() * pixels(); };
  for (const DdpmBlock& block : blocks) add(block.conv);
  add(last);
  return sum;
}

void predict_noise(const Ddpm& m, ConstMatrixView x, int step, MatrixView noise, Workspace& workspace) {
  EXPECT(x.rows == m.channels() && x.cols == m.pixels() && noise.rows == x.rows && noise.cols == x.cols);
  EXPECT(noise.stride == noise.cols && step >= 1 && step <= m.steps());
  Workspace::Scope scope(workspace);
  int most = 0;
  for (const DdpmBlock& block : m.blocks) most = std::max(most, block.conv.out());
  const std::size_t size = static_cast<std::size_t>(most) * static_cast<std::size_t>(m.pixels());
  float *here = scope.take(size), *there = scope.take(size);
  ConstMatrixView at = x;
  for (const DdpmBlock& block : m.blocks) {
    const MatrixView next = planes(here, block.conv.out(), m.pixels());
    forward(m, block, at, next, workspace);
    if (&block == m.blocks.data()) add_to_channels(next, time_embedding(m, step, scope, workspace), workspace);
    at = next;
    std::swap(here, there);
  }
  conv(at, m.height, m.last, m.last_bias, noise, workspace);
  round_to(workspace.numerics.activations, noise);
}

void denoise(const Ddpm& m, MatrixView x, int step, std::span<const float> normal, Workspace& workspace) {
  EXPECT(x.stride == x.cols && (step == 1 || normal.size() == static_cast<std::size_t>(m.numbers())));
  Workspace::Scope scope(workspace);
  const MatrixView noise = planes(scope.take(static_cast<std::size_t>(m.numbers())), x.rows, x.cols);
  predict_noise(m, x, step, noise, workspace);
  const double beta = m.beta[static_cast<std::size_t>(step)], alpha = m.alpha[static_cast<std::size_t>(step)];
  const auto share = static_cast<float>(beta / std::sqrt(1.0 - alpha));
  const auto shrink = static_cast<float>(std::sqrt(1.0 - beta)), spread = static_cast<float>(std::sqrt(beta));
  for (std::size_t i = 0; i < static_cast<std::size_t>(m.numbers()); ++i) {
    const float mean = (x.data[i] - share * noise.data[i]) / shrink;
    x.data[i] = step > 1 ? mean + spread * normal[i] : mean;
  }
  round_to(workspace.numerics.activations, x);
}

void sample(const Ddpm& m, std::uint64_t seed, std::uint64_t first, MatrixView out, const Workspace& choices) {
  EXPECT(out.cols == m.numbers());
  const Cpu cpu = choices.cpu;
  if (cpu.threads == 1 || out.rows == 1) {
    Workspace workspace(cpu, choices.numerics);
    for (int i = 0; i < out.rows; ++i)
      sample_one(m, seed, first + static_cast<std::uint64_t>(i), out.row_span(i), workspace);
    return;
  }
  // An image is one thread's from noise to end; nobody else reads or writes its row.
#pragma omp parallel num_threads(std::min(cpu.threads, out.rows))
  {
    Workspace workspace({cpu.isa, 1}, choices.numerics);
#pragma omp for schedule(dynamic, 1)
    for (int i = 0; i < out.rows; ++i)
      sample_one(m, seed, first + static_cast<std::uint64_t>(i), out.row_span(i), workspace);
  }
}

}  // namespace orrery::kernels::model
