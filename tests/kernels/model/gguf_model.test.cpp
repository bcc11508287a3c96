#include "tests/kernels/model/gguf_model.hpp"

#include <algorithm>
#include <cstring>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "kernels/model/gguf.hpp"
#include "tests/kernels/model/synthetic.hpp"

namespace orrery::kernels::model {
namespace {

std::string gguf_of(const std::string& name) {
  if (name == "model.embed_tokens.weight") return "token_embd.weight";
  if (name == "model.norm.weight") return "output_norm.weight";
  if (name == "lm_head.weight") return "output.weight";
  const std::size_t dot = name.find('.', 13);
  const std::map<std::string, std::string> parts{{"input_layernorm", "attn_norm"},
                                                 {"post_attention_layernorm", "ffn_norm"},
                                                 {"self_attn.q_proj", "attn_q"},
                                                 {"self_attn.k_proj", "attn_k"},
                                                 {"self_attn.v_proj", "attn_v"},
                                                 {"self_attn.o_proj", "attn_output"},
                                                 {"mlp.gate_proj", "ffn_gate"},
                                                 {"mlp.up_proj", "ffn_up"},
                                                 {"mlp.down_proj", "ffn_down"},
                                                 {"block_sparse_moe.gate", "ffn_gate_inp"},
                                                 {"w1", "ffn_gate_exps"},
                                                 {"w2", "ffn_down_exps"},
                                                 {"w3", "ffn_up_exps"}};
  std::string part = name.substr(dot + 1, name.size() - dot - 8);
  if (part.find("experts") != std::string::npos) part = part.substr(part.rfind('.') + 1);
  return "blk." + name.substr(13, dot - 13) + "." + parts.at(part) + ".weight";
}

// [heads, 2, half] -> [heads, half, 2], whole rows.
std::string interleaved(const std::string& rows, int head_dim, std::size_t row_bytes) {
  std::string out;
  const std::size_t half = static_cast<std::size_t>(head_dim) / 2;
  for (std::size_t head = 0; head < rows.size() / row_bytes / (2 * half); ++head)
    for (std::size_t i = 0; i < half; ++i)
      for (std::size_t s = 0; s < 2; ++s) out += rows.substr((head * 2 * half + s * half + i) * row_bytes, row_bytes);
  return out;
}

}  // namespace

GgufBytes gguf_model(const Config& c, std::uint64_t seed) {
  const std::string file = safetensors_bytes(c, "F32", seed);
  GgufBytes out;
  out.text("general.architecture", "llama");
  out.u32("llama.block_count", static_cast<std::uint32_t>(c.layers));
  out.u32("llama.context_length", static_cast<std::uint32_t>(c.context));
  out.u32("llama.embedding_length", static_cast<std::uint32_t>(c.hidden));
  out.u32("llama.feed_forward_length", static_cast<std::uint32_t>(c.ffn));
  out.u32("llama.attention.head_count", static_cast<std::uint32_t>(c.heads));
  out.u32("llama.attention.head_count_kv", static_cast<std::uint32_t>(c.kv_heads));
  out.f32("llama.attention.layer_norm_rms_epsilon", c.norm_eps);
  out.f32("llama.rope.freq_base", c.rope_theta);
  if (c.experts > 0) {
    out.u32("llama.expert_count", static_cast<std::uint32_t>(c.experts));
    out.u32("llama.expert_used_count", static_cast<std::uint32_t>(c.experts_active));
  }
  std::uint64_t length = 0;
  std::memcpy(&length, file.data(), sizeof length);
  const auto header = nlohmann::json::parse(file.substr(8, length));
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") continue;
    const auto begin = entry["data_offsets"][0].get<std::size_t>(), end = entry["data_offsets"][1].get<std::size_t>();
    auto shape = entry["shape"].get<std::vector<std::uint64_t>>();
    std::string data = file.substr(8 + length + begin, end - begin);
    if (name.find("q_proj") != std::string::npos || name.find("k_proj") != std::string::npos)
      data = interleaved(data, c.head_dim, shape[1] * 4);
    const bool expert = name.find("experts.") != std::string::npos;
    std::vector<std::uint64_t> dimensions(shape.rbegin(), shape.rend());
    if (expert) dimensions.push_back(static_cast<std::uint64_t>(c.experts));
    // Fewer than ten experts: in order of name they are in order.
    const auto same = [wanted = gguf_of(name)](const auto& tensor) { return tensor.name == wanted; };
    const auto found = std::find_if(out.tensors.begin(), out.tensors.end(), same);
    if (expert && found != out.tensors.end())
      found->data += data;
    else
      out.tensors.push_back({gguf_of(name), dimensions, 0, data});
  }
  return out;
}

void add_score_vocabulary(GgufBytes& file) {
  const ScoreVocabulary words = parse_llama2c_vocabulary("t", llama2c_tokenizer_bytes());
  std::vector<std::string> tokens;
  std::vector<float> scores;
  std::vector<std::int32_t> kinds;
  for (std::size_t id = 0; id < words.tokens.size(); ++id) {
    std::string text = words.tokens[id].text;
    if (text.starts_with(' ')) text.replace(0, 1, "\u2581");
    tokens.push_back(text);
    scores.push_back(words.tokens[id].score);
    kinds.push_back(id == 0 ? 2 : id < 3 ? 3 : id < 259 ? 6 : 1);
  }
  file.text("tokenizer.ggml.model", "llama");
  file.texts("tokenizer.ggml.tokens", tokens);
  file.list("tokenizer.ggml.scores", 6, scores);
  file.list("tokenizer.ggml.token_type", 5, kinds);
  file.u32("tokenizer.ggml.bos_token_id", 1);
  file.u32("tokenizer.ggml.eos_token_id", 2);
}

void add_merge_vocabulary(GgufBytes& file) {
  const auto json = nlohmann::json::parse(byte_level_tokenizer_json());
  std::vector<std::string> tokens(json["model"]["vocab"].size());
  for (const auto& [token, id] : json["model"]["vocab"].items()) tokens[id.get<std::size_t>()] = token;
  std::vector<std::int32_t> kinds(tokens.size(), 1);
  kinds[0] = 3;
  file.text("tokenizer.ggml.model", "gpt2");
  file.text("tokenizer.ggml.pre", "gpt-2");
  file.texts("tokenizer.ggml.tokens", tokens);
  file.list("tokenizer.ggml.token_type", 5, kinds);
  file.texts("tokenizer.ggml.merges", json["model"]["merges"].get<std::vector<std::string>>());
}

}  // namespace orrery::kernels::model
