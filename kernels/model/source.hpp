// What a model's files hold, checked and not yet read: where Model and the converter both start.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "kernels/model/config.hpp"
#include "kernels/model/tensors.hpp"
#include "kernels/model/vocabulary.hpp"

namespace orrery::kernels::model {

struct Source {
  std::string format;  // "safetensors", "GGUF" or "llama2.c"
  Config config;
  TensorTable tensors;
  Vocabulary vocabulary;
  std::string tokenizer_json;  // what the vocabulary was read from, if that was Hugging Face's format

  // The tensors are those of the config, and the tokenizer has no more tokens than it. InputError.
  void check() const;
};

// By what is there, memory-mapped:
//   a directory           config.json and model.safetensors, or model.safetensors.index.json with its parts
//   *.safetensors         with config.json beside it; *.safetensors.index.json likewise
//   *.gguf                all in one
//   *.bin                 llama2.c version 0, tokenizer.bin beside it
// tokenizer, if given, is opened instead of the one beside or in the weights. The result is checked.
Source open_source(const std::filesystem::path& path, const std::filesystem::path& tokenizer = {});
// From memory that outlives the source. An empty tokenizer_json gives no vocabulary.
Source source_of_bytes(std::string_view config_json, std::string_view safetensors, std::string_view tokenizer_json);

// The tensors of all parts that the index names. InputError if a part lacks a tensor, or has one that is not named.
TensorTable open_safetensors_index(const std::filesystem::path& path);

}  // namespace orrery::kernels::model
