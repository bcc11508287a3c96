#include "experiments/bench_shapes.hpp"

#include "kernels/kv.hpp"

namespace orrery::experiments {
namespace {

using kernels::Matrix;
using kernels::PackedMatrix;
namespace model = kernels::model;

// Rows a few at a time: a whole matrix in fp32 beside the packed one would double the memory.
PackedMatrix packed(int n, int k, kernels::WeightType type) {
  PackedMatrix out(n, k, type);
  constexpr int step = 256;
  for (int first = 0; first < n; first += step)
    out.set_rows(first, noise(n - first < step ? n - first : step, k, 0.03F, static_cast<unsigned>(first + 1)));
  return out;
}

}  // namespace

model::Config tiny_llama(int layers) {
  model::Config config;
  config.layers = layers;
  config.hidden = 2048;
  config.heads = 32;
  config.kv_heads = 4;
  config.head_dim = 64;
  config.ffn = 5632;
  config.vocab = 32000;
  config.context = 4112;
  return config;
}

Matrix noise(int rows, int cols, float range, unsigned seed) {
  Matrix out(rows, cols);
  for (float& value : out.span()) {
    seed = seed * 1664525U + 1013904223U;
    value = range * (static_cast<float>(seed >> 8) * 0x1p-23F - 1.0F);
  }
  return out;
}

std::shared_ptr<const model::BlockWeights> noise_weights(const model::Config& config, kernels::WeightType type) {
  auto out = std::make_shared<model::BlockWeights>();
  out->attention_norm.assign(static_cast<std::size_t>(config.hidden), 1.0F);
  out->ffn_norm = out->attention_norm;
  out->qkv = packed(config.query_cols() + 2 * config.kv_cols(), config.hidden, type);
  out->output = packed(config.hidden, config.query_cols(), type);
  out->gate_up = packed(2 * config.ffn, config.hidden, type);
  out->down = packed(config.hidden, config.ffn, type);
  out->rope = std::make_shared<const kernels::RopeTable>(config.context, config.head_dim, config.rope_theta);
  return out;
}

void fill_cache(model::KvCache& cache, const model::Config& config, int length) {
  for (int block = cache.begin(); block < cache.end(); ++block) {
    const auto seed = static_cast<unsigned>(block + 7);
    kernels::store_kv(noise(length, config.kv_cols(), 1.0F, seed), noise(length, config.kv_cols(), 1.0F, seed + 1), 0,
                      cache.view(block));
    cache.set_length(block, length);
  }
}

}  // namespace orrery::experiments
