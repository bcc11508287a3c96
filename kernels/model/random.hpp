// A model of any shape with random weights: for tests, benchmarks and files of shapes that nobody trained.
#pragma once

#include <cstdint>

#include "kernels/model/source.hpp"

namespace orrery::kernels::model {

// Every weight is a function of (seed, tensor, index): matrices are uniform with variance 1 / columns, so that products
// keep the size of their rows; norms lie between 0.5 and 1.5. fp32, or bf16 where asked for. No vocabulary. InputError
// if the config is not valid, at `place`, which also names the tensors' file in messages.
Source random_source(const Config& config, std::uint64_t seed, const std::string& place = "random weights",
                     Dtype dtype = Dtype::f32);

}  // namespace orrery::kernels::model
