#include <algorithm>

#include "kernels/model/gguf.hpp"
#include "kernels/model/gguf_names.hpp"
#include "kernels/model/writers.hpp"

namespace orrery::kernels::model {
namespace {

using Kind = ScoreVocabulary::Kind;

constexpr std::size_t alignment = 32;
constexpr std::string_view blank = "\u2581";

template <class T>
void append(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}
void append_text(std::string& out, std::string_view text) {
  append(out, static_cast<std::uint64_t>(text.size()));
  out += text;
}

// The keys of a file, one behind the other.
class Keys {
 public:
  void add(const std::string& key, const std::string& value) {
    start(key, GgufType::string);
    append_text(bytes_, value);
  }
  void add(const std::string& key, int value) {
    start(key, GgufType::u32), append(bytes_, static_cast<std::uint32_t>(value));
  }
  void add(const std::string& key, float value) { start(key, GgufType::f32), append(bytes_, value); }
  void add(const std::string& key, bool value) {
    start(key, GgufType::boolean);
    append(bytes_, static_cast<std::uint8_t>(value ? 1 : 0));
  }
  void add(const std::string& key, const std::vector<std::string>& values) {
    start_list(key, GgufType::string, values.size());
    for (const std::string& value : values) append_text(bytes_, value);
  }
  void add(const std::string& key, const std::vector<float>& values) {
    start_list(key, GgufType::f32, values.size());
    for (const float value : values) append(bytes_, value);
  }
  void add(const std::string& key, const std::vector<std::int32_t>& values) {
    start_list(key, GgufType::i32, values.size());
    for (const std::int32_t value : values) append(bytes_, value);
  }

  std::uint64_t count() const { return count_; }
  const std::string& bytes() const { return bytes_; }

 private:
  void start(const std::string& key, GgufType type) {
    append_text(bytes_, key);
    append(bytes_, static_cast<std::uint32_t>(type));
    ++count_;
  }
  void start_list(const std::string& key, GgufType type, std::size_t size) {
    start(key, GgufType::array);
    append(bytes_, static_cast<std::uint32_t>(type));
    append(bytes_, static_cast<std::uint64_t>(size));
  }

  std::string bytes_;
  std::uint64_t count_ = 0;
};

std::uint32_t ggml_type(Dtype dtype) {
  constexpr std::uint32_t types[] = {0, 1, 30, 8, 2};
  return types[static_cast<std::size_t>(dtype)];
}

// llama.cpp's name for the type of most matrices; it only shows it.
int file_type(Dtype dtype) {
  constexpr int types[] = {0, 1, 32, 7, 2};
  return types[static_cast<std::size_t>(dtype)];
}

void add_shape(Keys& keys, const Config& c, Dtype matrices) {
  keys.add("general.architecture", std::string("llama"));
  keys.add("general.file_type", file_type(matrices));
  if (block_of(matrices).values > 1) keys.add("general.quantization_version", 2);
  keys.add("llama.block_count", c.layers);
  keys.add("llama.context_length", c.context);
  keys.add("llama.embedding_length", c.hidden);
  keys.add("llama.feed_forward_length", c.ffn);
  keys.add("llama.attention.head_count", c.heads);
  keys.add("llama.attention.head_count_kv", c.kv_heads);
  keys.add("llama.attention.key_length", c.head_dim);
  keys.add("llama.attention.value_length", c.head_dim);
  keys.add("llama.attention.layer_norm_rms_epsilon", c.norm_eps);
  keys.add("llama.rope.dimension_count", c.head_dim);
  keys.add("llama.rope.freq_base", c.rope_theta);
  keys.add("llama.vocab_size", c.vocab);
  if (c.experts > 0) {
    keys.add("llama.expert_count", c.experts);
    keys.add("llama.expert_used_count", c.experts_active);
  }
  if (c.rope == RopeLayout::half_split) keys.add(gguf_rope_key, std::string("half_split"));
}

void add_ends(Keys& keys, const std::string& place, int bos, const std::vector<int>& eos) {
  if (bos >= 0) keys.add("tokenizer.ggml.bos_token_id", bos);
  VALIDATE(eos.size() <= 3, place, "ends texts with " + std::to_string(eos.size()) + " tokens",
           "GGUF has keys for three");
  constexpr const char* names[] = {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id",
                                   "tokenizer.ggml.eom_token_id"};
  for (std::size_t i = 0; i < eos.size(); ++i) keys.add(names[i], eos[i]);
}

// Every row of the embedding has a token: other programs count on it.
void pad(std::vector<std::string>& tokens, std::vector<std::int32_t>& kinds, int vocab) {
  while (static_cast<int>(tokens.size()) < vocab) {
    tokens.push_back("[PAD" + std::to_string(tokens.size()) + "]");
    kinds.push_back(5);
  }
}

void add_merges(Keys& keys, const MergeVocabulary& words, int vocab) {
  std::vector<std::string> tokens = words.tokens, merges;
  std::vector<std::int32_t> kinds(tokens.size(), 1);
  for (const auto& token : words.added) kinds[static_cast<std::size_t>(token.id)] = token.special ? 3 : 4;
  pad(tokens, kinds, vocab);
  std::vector<std::pair<double, std::uint64_t>> order;
  for (const auto& [pair, merge] : words.merges) order.emplace_back(merge.rank, pair);
  std::sort(order.begin(), order.end());
  for (const auto& [rank, pair] : order)
    merges.push_back(words.tokens[pair >> 32U] + " " + words.tokens[pair & 0xFFFFFFFFU]);
  keys.add("tokenizer.ggml.model", std::string("gpt2"));
  keys.add("tokenizer.ggml.pre", std::string("gpt-2"));
  keys.add("tokenizer.ggml.tokens", tokens);
  keys.add("tokenizer.ggml.token_type", kinds);
  keys.add("tokenizer.ggml.merges", merges);
  keys.add("tokenizer.ggml.add_bos_token", false);
}

void add_scores(Keys& keys, const ScoreVocabulary& words, int vocab) {
  std::vector<std::string> tokens;
  std::vector<std::int32_t> kinds;
  std::vector<float> scores;
  for (const auto& token : words.tokens) {
    std::string text;
    const bool is_text = token.kind == Kind::normal || token.kind == Kind::user;
    for (const char c : token.text) text += is_text && c == ' ' ? blank : std::string_view(&c, 1);
    tokens.push_back(text);
    kinds.push_back(static_cast<std::int32_t>(token.kind) + 1);
    scores.push_back(token.score);
  }
  pad(tokens, kinds, vocab);
  scores.resize(tokens.size(), 0.0F);
  keys.add("tokenizer.ggml.model", std::string("llama"));
  keys.add("tokenizer.ggml.tokens", tokens);
  keys.add("tokenizer.ggml.scores", scores);
  keys.add("tokenizer.ggml.token_type", kinds);
  keys.add("tokenizer.ggml.add_space_prefix", words.prefix);
}

void add_vocabulary(Keys& keys, const Source& source) {
  if (const auto* words = std::get_if<ScoreVocabulary>(&source.vocabulary)) {
    add_scores(keys, *words, source.config.vocab);
    add_ends(keys, words->place, words->bos, words->eos);
  }
  if (const auto* words = std::get_if<MergeVocabulary>(&source.vocabulary)) {
    // What the keys of "gpt2" cannot say goes along whole.
    if (words->byte_level && words->words && words->prefix == MergeVocabulary::Prefix::never)
      add_merges(keys, *words, source.config.vocab);
    else
      keys.add("tokenizer.huggingface.json", source.tokenizer_json);
    add_ends(keys, words->place, words->bos, words->eos);
  }
}

struct Named {
  std::string name;
  Planned tensor;
};

// In the order of the forward pass; norms and routers are fp32, as other programs expect.
std::vector<Named> plan_all(const Source& source, std::optional<Dtype> dtype) {
  std::vector<Named> out;
  const auto add = [&](const std::string& hugging_face, const std::string& gguf) {
    const auto found = source.tensors.tensors.find(hugging_face);
    if (found == source.tensors.tensors.end()) return;
    const bool wide = found->second.shape.size() == 1 || hugging_face.ends_with(router_name);
    out.push_back({gguf, plan(source, {hugging_face}, wide ? Dtype::f32 : dtype.value_or(found->second.dtype))});
  };
  // Experts may be stored in different dtypes; the file has one for all of them, that of the first.
  const auto add_experts = [&](int layer, ExpertMatrix matrix, const std::string& gguf) {
    std::vector<std::string> parts;
    for (int e = 0; e < source.config.experts; ++e) parts.push_back(block_prefix(layer) + expert_name(e, matrix));
    const Dtype stored = source.tensors.at(parts[0]).dtype;
    out.push_back({gguf, plan(source, std::move(parts), dtype.value_or(stored))});
  };
  for (const auto& [hugging_face, gguf] : gguf_whole_names) add(hugging_face, gguf);
  for (int layer = 0; layer < source.config.layers; ++layer) {
    const std::string block = "blk." + std::to_string(layer) + ".";
    for (const auto& [hugging_face, gguf] : gguf_block_names) add(block_prefix(layer) + hugging_face, block + gguf);
    for (const auto& [matrix, gguf] : gguf_expert_names)
      if (source.config.experts > 0) add_experts(layer, matrix, block + gguf);
  }
  return out;
}

std::string header_of(const Source& source, const std::vector<Named>& tensors) {
  Keys keys;
  add_shape(keys, source.config, tensors.back().tensor.dtype);
  add_vocabulary(keys, source);
  std::string out = "GGUF";
  append(out, std::uint32_t{3});
  append(out, static_cast<std::uint64_t>(tensors.size()));
  append(out, keys.count());
  out += keys.bytes();
  std::size_t offset = 0;
  for (const auto& [name, tensor] : tensors) {
    append_text(out, name);
    append(out, static_cast<std::uint32_t>(tensor.shape.size()));
    for (auto size = tensor.shape.rbegin(); size != tensor.shape.rend(); ++size)
      append(out, static_cast<std::uint64_t>(*size));
    append(out, ggml_type(tensor.dtype));
    append(out, static_cast<std::uint64_t>(offset));
    offset = (offset + tensor.bytes + alignment - 1) / alignment * alignment;
  }
  return out;
}

}  // namespace

void write_gguf(const Source& source, std::optional<Dtype> dtype, const Sink& sink) {
  const std::vector<Named> tensors = plan_all(source, dtype);
  const std::string header = header_of(source, tensors);
  const auto fill = [&](std::size_t written) {
    sink(std::string((alignment - written % alignment) % alignment, '\0'));
  };
  sink(header);
  fill(header.size());
  for (const auto& [name, tensor] : tensors) {
    write_rows(source, tensor, RopeLayout::interleaved, sink);
    fill(tensor.bytes);
  }
}

}  // namespace orrery::kernels::model
