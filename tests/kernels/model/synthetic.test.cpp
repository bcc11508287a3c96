#include "tests/kernels/model/synthetic.hpp"

#include <cstring>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "kernels/model/bpe.hpp"
#include "kernels/model/tokenizer.hpp"
#include "kernels/model/unicode.hpp"
#include "tests/kernels/random_matrix.hpp"

namespace orrery::kernels::model {
namespace {

template <class T>
void append(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void append_value(std::string& out, const std::string& dtype, float value) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  if (dtype == "F32") return append(out, bits);
  if (dtype == "BF16") return append(out, static_cast<std::uint16_t>(bits >> 16));
  // Half by truncation: the values here lie within its normal range.
  append(out, static_cast<std::uint16_t>((bits >> 16 & 0x8000U) | (((bits >> 23 & 0xFFU) - 112U) << 10) |
                                         (bits >> 13 & 0x3FFU)));
}

}  // namespace

Config small_config(bool tied) {
  Config c;
  c.layers = 3, c.hidden = 24, c.heads = 4, c.kv_heads = 2, c.head_dim = 6, c.ffn = 40, c.vocab = 300, c.context = 64;
  c.tied = tied;
  return c;
}

Config small_mixture(bool tied) {
  Config c = small_config(tied);
  c.experts = 5, c.experts_active = 2;
  return c;
}

std::string config_json(const Config& c) {
  nlohmann::json json{{"model_type", c.experts > 0 ? "mixtral" : "llama"},
                      {"num_hidden_layers", c.layers},
                      {"hidden_size", c.hidden},
                      {"num_attention_heads", c.heads},
                      {"num_key_value_heads", c.kv_heads},
                      {"head_dim", c.head_dim},
                      {"intermediate_size", c.ffn},
                      {"vocab_size", c.vocab},
                      {"max_position_embeddings", c.context},
                      {"rms_norm_eps", 1e-5},
                      {"rope_theta", c.rope_theta},
                      {"tie_word_embeddings", c.tied},
                      {"hidden_act", "silu"},
                      {"bos_token_id", 1},
                      {"eos_token_id", {2, 5}}};
  if (c.experts > 0) json["num_local_experts"] = c.experts, json["num_experts_per_tok"] = c.experts_active;
  return json.dump();
}

std::string safetensors_from(const std::string& header, const std::string& data) {
  std::string out;
  append(out, static_cast<std::uint64_t>(header.size()));
  return out + header + data;
}

std::string safetensors_bytes(const Config& c, const char* dtype, std::uint64_t seed) {
  Numbers numbers(seed);
  nlohmann::json header{{"__metadata__", {{"format", "pt"}}}};
  std::string data;
  const auto add = [&](const std::string& name, std::vector<int> shape, float low, float high) {
    const std::size_t begin = data.size();
    int count = 1;
    for (const int n : shape) count *= n;
    for (int i = 0; i < count; ++i) {
      float value = numbers.real(low, high);
      if (std::abs(value) < 1e-3F) value = 1e-3F;  // no subnormal halves
      append_value(data, dtype, value);
    }
    header[name] = {{"dtype", dtype}, {"shape", shape}, {"data_offsets", {begin, data.size()}}};
  };
  add("model.embed_tokens.weight", {c.vocab, c.hidden}, -1, 1);
  add("model.norm.weight", {c.hidden}, 0.5F, 1.5F);
  if (!c.tied) add("lm_head.weight", {c.vocab, c.hidden}, -1, 1);
  for (int layer = 0; layer < c.layers; ++layer) {
    const std::string block = "model.layers." + std::to_string(layer) + ".";
    add(block + "input_layernorm.weight", {c.hidden}, 0.5F, 1.5F);
    add(block + "post_attention_layernorm.weight", {c.hidden}, 0.5F, 1.5F);
    add(block + "self_attn.q_proj.weight", {c.query_cols(), c.hidden}, -0.5F, 0.5F);
    add(block + "self_attn.k_proj.weight", {c.kv_cols(), c.hidden}, -0.5F, 0.5F);
    add(block + "self_attn.v_proj.weight", {c.kv_cols(), c.hidden}, -0.5F, 0.5F);
    add(block + "self_attn.o_proj.weight", {c.hidden, c.query_cols()}, -0.5F, 0.5F);
    if (c.experts == 0) {
      add(block + "mlp.gate_proj.weight", {c.ffn, c.hidden}, -0.5F, 0.5F);
      add(block + "mlp.up_proj.weight", {c.ffn, c.hidden}, -0.5F, 0.5F);
      add(block + "mlp.down_proj.weight", {c.hidden, c.ffn}, -0.5F, 0.5F);
      continue;
    }
    const std::string mixture = block + "block_sparse_moe.";
    add(mixture + "gate.weight", {c.experts, c.hidden}, -0.5F, 0.5F);
    for (int e = 0; e < c.experts; ++e) {
      const std::string expert = mixture + "experts." + std::to_string(e) + ".";
      add(expert + "w1.weight", {c.ffn, c.hidden}, -0.5F, 0.5F);
      add(expert + "w2.weight", {c.hidden, c.ffn}, -0.5F, 0.5F);
      add(expert + "w3.weight", {c.ffn, c.hidden}, -0.5F, 0.5F);
    }
  }
  return safetensors_from(header.dump(), data);
}

std::size_t data_offset(const std::string& file, const std::string& tensor) {
  std::uint64_t length = 0;
  std::memcpy(&length, file.data(), sizeof length);
  const auto header = nlohmann::json::parse(file.substr(8, length));
  return 8 + length + header[tensor]["data_offsets"][0].get<std::size_t>();
}

std::string llama2c_bytes(const Config& c, std::uint64_t seed) {
  Numbers numbers(seed);
  std::string out;
  for (const int value : {c.hidden, c.ffn, c.layers, c.heads, c.kv_heads, c.tied ? c.vocab : -c.vocab, c.context})
    append(out, static_cast<std::int32_t>(value));
  const std::size_t parameters = c.embedding_parameters() * (c.tied ? 1 : 2) + static_cast<std::size_t>(c.hidden) +
                                 static_cast<std::size_t>(c.layers) * c.block_parameters() +
                                 static_cast<std::size_t>(c.context * c.head_dim);
  for (std::size_t i = 0; i < parameters; ++i) append(out, numbers.real(-0.5F, 0.5F));
  return out;
}

std::string llama2c_tokenizer_bytes() {
  std::vector<std::string> tokens{"<unk>", "\n<s>\n", "\n</s>\n"};
  for (int byte = 0; byte < 256; ++byte) tokens.push_back(byte_name(byte));
  for (const char* pair : {"he", "th", "the", " the", "in", " t", "er", " a", "an", "re"}) tokens.emplace_back(pair);
  tokens.emplace_back(" ");
  for (char c = 'a'; c <= 'z'; ++c) tokens.emplace_back(1, c);
  while (tokens.size() < 300) tokens.push_back("filler" + std::to_string(tokens.size()));
  std::string out;
  append(out, std::int32_t{16});
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    append(out, -static_cast<float>(i));
    append(out, static_cast<std::int32_t>(tokens[i].size()));
    out += tokens[i];
  }
  return out;
}

std::string byte_level_tokenizer_json() {
  nlohmann::json vocab;
  vocab["<|endoftext|>"] = 0;
  int id = 1;
  char32_t next = 0x100;
  for (int b = 0; b < 256; ++b) {
    const bool shown = (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
    vocab[to_utf8(shown ? static_cast<char32_t>(b) : next++)] = id++;
  }
  std::vector<std::string> merges{"t h", "th e", "\u0120 the", "i n", "\u0120 a"};
  for (const std::string& merge : merges) {
    const std::size_t gap = merge.find(' ');
    vocab[merge.substr(0, gap) + merge.substr(gap + 1)] = id++;
  }
  return nlohmann::json{{"added_tokens", {{{"id", 0}, {"content", "<|endoftext|>"}, {"special", true}}}},
                        {"normalizer", nullptr},
                        {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", true}}},
                        {"model", {{"type", "BPE"}, {"vocab", vocab}, {"merges", merges}}}}
      .dump();
}

std::string sentence_piece_tokenizer_json(const std::string& splitter) {
  nlohmann::json vocab{{"<unk>", 0}, {"<s>", 1}, {"</s>", 2}};
  int id = 3;
  for (int byte = 0; byte < 256; ++byte) vocab[byte_name(byte)] = id++;
  for (const char* piece : {"\u2581", "t", "h", "e", "a", "th", "the", "\u2581the", "\u2581\u2581", "\u2581a"})
    vocab[piece] = id++;
  nlohmann::json out = nlohmann::json::parse(splitter);
  out["added_tokens"] = nlohmann::json::array();
  for (const char* special : {"<unk>", "<s>", "</s>"})
    out["added_tokens"].push_back({{"id", vocab[special]}, {"content", special}, {"special", true}});
  out["model"] = {{"type", "BPE"},
                  {"unk_token", "<unk>"},
                  {"byte_fallback", true},
                  {"vocab", vocab},
                  {"merges", nlohmann::json::parse(R"([["t","h"],["th","e"],["▁","the"],["▁","▁"],["▁","a"]])")}};
  return out.dump();
}

TEST(Synthetic, FilesAreWhatTheReadersRead) {
  EXPECT_EQ(Tokenizer::parse_llama2c("t", llama2c_tokenizer_bytes(), 300)->vocab_size(), 300);
  EXPECT_EQ(Tokenizer::parse_hf("t", byte_level_tokenizer_json())->vocab_size(), 262);
}

}  // namespace orrery::kernels::model
