// A small convolutional denoising diffusion model (Ho, Jain and Abbeel, 2020) and its sampler: T passes of one fixed
// size, without tokens and without a cache.
//
// The network (github.com/cloneofsimo/minDiffusion's, with an embedding of the time) predicts the noise in x at step t,
// 1 <= t <= T:
//   block b     x = gelu(layer_norm(conv_b(x) + bias_b)); the norm is over all channels and pixels, eps 1e-5, GELU has
//               erf. Behind block 0 every pixel of channel c += e(c)
//   e           time layers with GELU between them, of [sin(f_i t / T)] and then [cos(f_i t / T) - 1]
//   at the end  one more convolution with its bias.
// A step back is  x = (x - (beta_t / sqrt(1 - alpha_t)) noise(x, t)) / sqrt(1 - beta_t) + sqrt(beta_t) n_t,  n_t
// standard normal and left out at t = 1; alpha_t is the product of all 1 - beta up to t. Coefficients are found in
// double and rounded once, t / T, f_i t / T and the features are fp32; each operation of the line is one fp32 rounding.
//
// Order and tolerance of each operation are those of conv.hpp, layer_norm.hpp, gelu.hpp and gemm.hpp, and activations
// are rounded behind it as Numerics says; a step of the trained MNIST model is within 2e-4 of double (its test).
// Images do not meet: one alone has the bits it has in a batch, on any path and number of threads. Cost: flops() a step
// and image.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "kernels/conv.hpp"
#include "kernels/model/linear.hpp"
#include "kernels/model/tensors.hpp"

namespace orrery::kernels::model {

struct DdpmBlock {
  PackedConv conv;
  std::vector<float> bias;                      // [out]
  std::vector<float> norm_weight, norm_offset;  // [out, height, width]
};

struct Ddpm {
  int height = 0, width = 0;
  std::vector<float> beta, alpha;  // [T + 1], entry t of step t; entry 0 is not used
  std::vector<float> frequencies;
  std::vector<Linear> time;  // the first one reads 2 frequencies.size() features, the last one gives block 0's channels
  std::vector<DdpmBlock> blocks;
  PackedConv last;
  std::vector<float> last_bias;

  int steps() const { return static_cast<int>(beta.size()) - 1; }
  int channels() const { return last.out(); }  // of an image
  int pixels() const { return height * width; }
  int numbers() const { return channels() * pixels(); }  // of an image
  double flops() const;                                  // of the convolutions, a step and image
};

// Tensors by the names that PyTorch gave them: beta_t, alpha_t, gt.frequencies, gt.blocks.B.net.0 (convolution) and
// net.1 (norm), gt.blocks.LAST, gt.time_embed.0, 2, 4, ..; sizes follow from the shapes. InputError, naming tensor and
// shape, where one is missing, is left over, does not fit the others or holds NaN, or a schedule is none.
Ddpm make_ddpm(TensorTable tensors);
// manifest.hpp: a manifest with its file of numbers.
Ddpm open_ddpm(const std::filesystem::path& manifest, const std::filesystem::path& weights = {});

// x, noise [channels, pixels], rows without gaps; 1 <= step <= T. noise does not overlap x.
void predict_noise(const Ddpm& model, ConstMatrixView x, int step, MatrixView noise, Workspace& workspace);

// From x at `step` to x at step - 1; normal [channels * pixels] is not read at step 1.
void denoise(const Ddpm& model, MatrixView x, int step, std::span<const float> normal, Workspace& workspace);

// Row i of out [count, channels * pixels] becomes image first + i of `seed`: x_T and all n_t are normal_noise(seed,
// image, step) with step T + 1 for x_T (noise.hpp). Images go to threads; a single one is shared by them. Nothing is
// clipped.
void sample(const Ddpm& model, std::uint64_t seed, std::uint64_t first, MatrixView out, const Workspace& choices);

}  // namespace orrery::kernels::model
