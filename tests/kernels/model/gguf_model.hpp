// A small model as a GGUF file, made without the code under test.
#pragma once

#include "kernels/model/config.hpp"
#include "tests/kernels/model/gguf_bytes.hpp"

namespace orrery::kernels::model {

// The numbers of safetensors_bytes(config, "F32", seed), as llama.cpp's converter would store them: query and key rows
// reordered for interleaved rotary embedding.
GgufBytes gguf_model(const Config& config, std::uint64_t seed);

// The 300 tokens of llama2c_tokenizer_bytes as a "llama" vocabulary.
void add_score_vocabulary(GgufBytes& file);
// The 262 tokens of byte_level_tokenizer_json as a "gpt2" vocabulary.
void add_merge_vocabulary(GgufBytes& file);

}  // namespace orrery::kernels::model
