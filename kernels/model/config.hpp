// The shape of a LLaMA-family decoder, dense or a mixture of experts (Mixtral): all that the kernels need to know about
// a model apart from its weights.
#pragma once

#include <cstddef>
#include <string_view>

#include "kernels/rope.hpp"

namespace orrery::kernels::model {

struct Config {
  int layers = 0;
  int hidden = 0;
  int heads = 0;
  int kv_heads = 0;  // heads / kv_heads query heads read the same keys and values
  int head_dim = 0;
  int ffn = 0;             // width of the SwiGLU layer, or of one expert
  int experts = 0;         // of a mixture, in every block; 0: dense
  int experts_active = 0;  // that a token passes through
  int vocab = 0;
  int context = 0;  // most positions of one sequence
  float norm_eps = 1e-5F;
  float rope_theta = 10000.0F;
  bool tied = false;  // the LM head is the embedding
  RopeLayout rope = RopeLayout::half_split;

  // InputError that names the key at fault and why; place is the file it came from.
  void validate(std::string_view place) const;

  int query_cols() const { return heads * head_dim; }
  int kv_cols() const { return kv_heads * head_dim; }
  // Parameters of one block with all of its experts, of the embedding, of the final norm with the LM head (the
  // embedding's again if tied).
  std::size_t block_parameters() const;
  std::size_t embedding_parameters() const;
  std::size_t head_parameters() const;

  bool operator==(const Config&) const = default;
};

// Reads Hugging Face's config.json of a Llama, Mistral or Mixtral model. A key that would change the mathematics and is
// not implemented (another activation, biases, scaled rope, sliding window, quantisation) is an InputError, not a
// silent difference. rope is half-split, as the weights beside it are stored, unless our own key asks for the other
// one: such weights were converted from a file of that layout, and keep its bits.
Config parse_hf_config(std::string_view place, std::string_view json);

inline constexpr const char* hf_rope_key = "orrery_rope_layout";

}  // namespace orrery::kernels::model
