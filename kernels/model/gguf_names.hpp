// The names of a model's tensors: Hugging Face's and GGUF's.
#pragma once

#include <array>
#include <string>
#include <utility>

#include "kernels/model/tensors.hpp"

namespace orrery::kernels::model {

using NamePair = std::pair<const char*, const char*>;

inline constexpr std::array<NamePair, 3> gguf_whole_names{{{"model.embed_tokens.weight", "token_embd.weight"},
                                                           {"model.norm.weight", "output_norm.weight"},
                                                           {"lm_head.weight", "output.weight"}}};
// Within model.layers.N. and blk.N.
inline constexpr std::array<NamePair, 10> gguf_block_names{{{"input_layernorm.weight", "attn_norm.weight"},
                                                            {"self_attn.q_proj.weight", "attn_q.weight"},
                                                            {"self_attn.k_proj.weight", "attn_k.weight"},
                                                            {"self_attn.v_proj.weight", "attn_v.weight"},
                                                            {"self_attn.o_proj.weight", "attn_output.weight"},
                                                            {"post_attention_layernorm.weight", "ffn_norm.weight"},
                                                            {"mlp.gate_proj.weight", "ffn_gate.weight"},
                                                            {"mlp.up_proj.weight", "ffn_up.weight"},
                                                            {"mlp.down_proj.weight", "ffn_down.weight"},
                                                            {router_name, "ffn_gate_inp.weight"}}};
// Within blk.N.: the same matrix of all experts, one behind the other.
inline constexpr std::array<std::pair<ExpertMatrix, const char*>, 3> gguf_expert_names{
    {{ExpertMatrix::gate, "ffn_gate_exps.weight"},
     {ExpertMatrix::up, "ffn_up_exps.weight"},
     {ExpertMatrix::down, "ffn_down_exps.weight"}}};

// GGUF's name of Hugging Face's; empty if there is none.
std::string gguf_name(const std::string& name);

}  // namespace orrery::kernels::model
