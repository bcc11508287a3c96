// Weights and caches of TinyLlama-1.1B's shape, filled with numbers that stand for a model's: what benchmarks run on.
#pragma once

#include <memory>
#include <vector>

#include "kernels/model/block.hpp"

namespace orrery::experiments {

// dim 2048, 32 heads over 4 key-value heads of 64, ffn 5632; `layers` of them.
kernels::model::Config tiny_llama(int layers);

// Uniform in +-range, the same on every machine.
kernels::Matrix noise(int rows, int cols, float range, unsigned seed);

// One layer's weights.
std::shared_ptr<const kernels::model::BlockWeights> noise_weights(const kernels::model::Config& config,
                                                                  kernels::WeightType type);

// Fills a cache's first `length` positions.
void fill_cache(kernels::model::KvCache& cache, const kernels::model::Config& config, int length);

}  // namespace orrery::experiments
