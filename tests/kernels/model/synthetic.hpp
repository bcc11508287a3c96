// Small models and tokenizers made of reproducible numbers, as bytes of the formats that the readers read.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/model/config.hpp"

namespace orrery::kernels::model {

// 3 blocks, hidden 24, 4 heads over 2 key-value heads of 6, ffn 40, vocabulary 300, context 64.
Config small_config(bool tied);
// The same with 5 experts of width 40 in every block, of which a token uses 2.
Config small_mixture(bool tied);
std::string config_json(const Config& config);

// dtype "F32", "BF16" or "F16".
std::string safetensors_bytes(const Config& config, const char* dtype, std::uint64_t seed);
// The header's JSON as given, the data as given: for files that lie.
std::string safetensors_from(const std::string& header, const std::string& data);
// Offset of a tensor's data in the file, from its header.
std::size_t data_offset(const std::string& file, const std::string& tensor);

// config.head_dim * config.heads == config.hidden.
std::string llama2c_bytes(const Config& config, std::uint64_t seed);

// 3 special tokens, 256 bytes, a blank, letters and some pairs: 300 tokens.
std::string llama2c_tokenizer_bytes();
std::string byte_level_tokenizer_json();
// with "▁" and byte fallback; `splitter` is the JSON of normalizer and pre_tokenizer.
std::string sentence_piece_tokenizer_json(const std::string& splitter);

// The message of the InputError that action throws; empty if it throws none.
template <class Action>
std::string input_error(Action&& action);

}  // namespace orrery::kernels::model

#include "kernels/contract.hpp"

template <class Action>
std::string orrery::kernels::model::input_error(Action&& action) {
  try {
    action();
  } catch (const InputError& error) {
    return error.what();
  }
  return {};
}
