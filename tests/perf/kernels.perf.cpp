// The kernels. AVX2, because Valgrind knows no wider registers; one thread.
#include <cmath>
#include <memory>
#include <vector>

#include "kernels/conv.hpp"
#include "kernels/gemm.hpp"
#include "kernels/model/ddpm.hpp"
#include "kernels/moe.hpp"
#include "tests/perf/cases.hpp"

namespace orrery::perf {
namespace {

using namespace kernels;

Matrix numbers(int rows, int cols, unsigned seed) {
  Matrix out(rows, cols);
  for (float& value : out.span())
    value = static_cast<float>(static_cast<int>((seed = seed * 1664525U + 1013904223U) >> 16)) * 0x1p-16F - 0.5F;
  return out;
}
std::vector<float> row(int n, unsigned seed) {
  const Matrix m = numbers(1, n, seed);
  return {m.span().begin(), m.span().end()};
}
void check_finite(const Matrix& m) {
  for (const float value : m.span()) check(std::isfinite(value), "a number is not finite");
}

Work product(WeightType type, int m) {
  struct State {
    Matrix x, y;
    PackedMatrix w;
    Workspace workspace{{Isa::avx2, 1}};
  };
  constexpr int k = 512, n = 192;
  auto state = std::make_shared<State>(State{numbers(m, k, 1), Matrix(m, n), PackedMatrix(numbers(n, k, 2), type)});
  return [state] { gemm(state->x, state->w, state->y, state->workspace); };
}

// Eight experts of which a row passes through two, as in Mixtral.
Work mixture(WeightType type, int rows) {
  constexpr int hidden = 64, ffn = 128, experts = 8, active = 2;
  struct State {
    Matrix x, y;
    PackedMatrix router;
    std::vector<ExpertWeights> weights;
    Workspace workspace{{Isa::avx2, 1}};
  };
  auto state = std::make_shared<State>(
      State{numbers(rows, hidden, 1), Matrix(rows, hidden), PackedMatrix(numbers(experts, hidden, 2)), {}});
  for (unsigned e = 0; e < experts; ++e)
    state->weights.push_back(
        {PackedMatrix(numbers(2 * ffn, hidden, 10 + e), type), PackedMatrix(numbers(hidden, ffn, 20 + e), type)});
  return [state] {
    LocalExperts local(state->weights);
    moe(state->x, state->router, active, local, state->y, state->workspace);
    check_finite(state->y);
  };
}

Work convolution() {
  constexpr int in = 8, out = 16, kernel = 7, height = 14;
  struct State {
    Matrix x, y;
    PackedConv w;
    std::vector<float> bias;
    Workspace workspace{{Isa::avx2, 1}};
  };
  auto state = std::make_shared<State>(State{numbers(in, height * height, 1), Matrix(out, height * height),
                                             PackedConv(numbers(out, in * kernel * kernel, 2), kernel), row(out, 3)});
  return [state] { conv(state->x, height, state->w, state->bias, state->y, state->workspace); };
}

// One step back of a small network of the DDPM's form: two blocks and the last convolution.
Work diffusion_step() {
  constexpr int channels = 8, kernel = 7, height = 8, pixels = height * height;
  struct State {
    model::Ddpm net;
    Matrix x, start;
    std::vector<float> normal;
    Workspace workspace{{Isa::avx2, 1}};
  };
  auto state = std::make_shared<State>();
  model::Ddpm& net = state->net;
  net.height = net.width = height;
  net.beta = {0, 0.01F, 0.02F}, net.alpha = {1, 0.99F, 0.9702F};
  net.frequencies = {1, 2, 4, 8};
  net.time.emplace_back(numbers(channels, 8, 1), row(channels, 2));
  for (unsigned b = 0; b < 2; ++b)
    net.blocks.push_back({PackedConv(numbers(channels, (b == 0 ? 1 : channels) * kernel * kernel, 10 + b), kernel),
                          row(channels, 20 + b), row(channels * pixels, 30 + b), row(channels * pixels, 40 + b)});
  net.last = PackedConv(numbers(1, channels * kernel * kernel, 50), kernel);
  net.last_bias = row(1, 51);
  state->start = numbers(1, pixels, 60), state->x = Matrix(1, pixels), state->normal = row(pixels, 61);
  return [state] {
    std::copy(state->start.span().begin(), state->start.span().end(), state->x.span().begin());
    model::denoise(state->net, state->x, 2, state->normal, state->workspace);
    check_finite(state->x);
  };
}

}  // namespace

Cases cases() {
  Cases out;
  for (const WeightType type : {WeightType::fp32, WeightType::bf16, WeightType::int8, WeightType::int4})
    for (const int m : {1, 16, 64})
      out[std::string("gemm_") + name(type) + "_m" + std::to_string(m)] = [type, m] { return product(type, m); };
  for (const WeightType type : {WeightType::int8, WeightType::int4})
    out[std::string("encode_") + name(type)] = [type] {
      return [type, w = std::make_shared<Matrix>(numbers(64, 512, 3))] { encode(type, *w); };
    };
  for (const int rows : {1, 24})
    out["moe_bf16_m" + std::to_string(rows)] = [rows] { return mixture(WeightType::bf16, rows); };
  out["conv_7x7"] = convolution;
  out["ddpm_step"] = diffusion_step;
  return out;
}

}  // namespace orrery::perf
