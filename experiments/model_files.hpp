// `orrery model convert` and `orrery model random`: models as files.
//
// A name that ends in .gguf becomes one file; any other a folder with model.safetensors, config.json and, if there is a
// vocabulary, tokenizer.json. Either appears whole or not at all, and nothing that exists is overwritten.
#pragma once

#include <cstdint>
#include <string>

namespace orrery::experiments {

struct ConvertArguments {
  std::string in, out;
  std::string dtype;      // of the matrices: f32, bf16, q8_0, q4_0; empty: as they are stored
  std::string tokenizer;  // instead of the one that comes with the weights
};
// Numbers go through a buffer of a megabyte, whatever the model's size; gives what was written, as `orrery model info`
// does. InputError.
std::string convert_model(const ConvertArguments& arguments);

struct RandomModelArguments {
  std::string shape;  // a name of data/models.toml, or embedded
  std::string out;
  std::string dtype = "f32";
  std::uint64_t seed = 1;
  int context = 512;
};
// Weights are functions of (seed, tensor, index); kernels/model/random.hpp. With the embedded model's tokenizer, if the
// shape has a row for each of its tokens.
std::string random_model(const RandomModelArguments& arguments);

}  // namespace orrery::experiments
