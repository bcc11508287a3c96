// What llama.cpp calls the parts of a model of the architecture "llama", and what Hugging Face calls them.
#include <algorithm>
#include <array>
#include <utility>

#include "kernels/model/gguf.hpp"
#include "kernels/model/gguf_names.hpp"

namespace orrery::kernels::model {
namespace {

const std::string prefix = "llama.";

int size_of(const GgufFile& file, const std::string& key, int otherwise = 0) {
  const auto value = file.integer(prefix + key);
  VALIDATE(value || otherwise != 0, file.place, "no key '" + prefix + key + "'", "the shape of the model needs it");
  VALIDATE(!value || (*value >= 1 && *value <= INT32_MAX), file.place,
           prefix + key + " = " + std::to_string(value.value_or(0)) + " is out of range", "it is a size, at least 1");
  return static_cast<int>(value.value_or(otherwise));
}

// A size that some files give once for each layer.
int same_size_of(const GgufFile& file, const std::string& key, int otherwise = 0) {
  const auto values = file.integers(prefix + key);
  if (!values || !file.values.at(prefix + key).is_array) return size_of(file, key, otherwise);
  VALIDATE(!values->empty() && (*values)[0] >= 1 && (*values)[0] <= INT32_MAX &&
               std::all_of(values->begin(), values->end(), [&](auto n) { return n == (*values)[0]; }),
           file.place, "key '" + prefix + key + "' differs from layer to layer",
           "only layers of one shape are implemented");
  return static_cast<int>((*values)[0]);
}

// Keys below "llama." that are read, or that change nothing. Any other may stand for mathematics that is not
// implemented.
void check_keys(const GgufFile& file) {
  constexpr std::array known{"context_length",       "embedding_length",       "block_count",
                             "feed_forward_length",  "attention.head_count",   "attention.head_count_kv",
                             "attention.key_length", "attention.value_length", "attention.layer_norm_rms_epsilon",
                             "rope.dimension_count", "rope.freq_base",         "vocab_size",
                             "tensor_data_layout",   "rope.scaling.type",      "rope.scaling.factor",
                             "rope.scale_linear",    "use_parallel_residual",  "expert_count",
                             "expert_used_count"};
  for (const auto& [key, value] : file.values) {
    if (!key.starts_with(prefix)) continue;
    VALIDATE(std::find(known.begin(), known.end(), key.substr(prefix.size())) != known.end(), file.place,
             "key '" + key.substr(0, 80) + "' at byte " + std::to_string(value.offset) + " is not known",
             "it could change the result");
  }
  const std::string scaling = file.text(prefix + "rope.scaling.type").value_or("none");
  const double factor = file.real(prefix + "rope.scaling.factor").value_or(1.0);
  VALIDATE(scaling == "none" || factor == 1.0, file.place, "rope.scaling.type is '" + scaling.substr(0, 40) + "'",
           "only unscaled rotary embedding is implemented", "Choose another model.");
  VALIDATE(file.real(prefix + "rope.scale_linear").value_or(1.0) == 1.0, file.place, "rope.scale_linear is not 1",
           "only unscaled rotary embedding is implemented", "Choose another model.");
  VALIDATE(!file.truth(prefix + "use_parallel_residual").value_or(false), file.place, "use_parallel_residual is set",
           "its block differs from LLaMA's");
}

RopeLayout layout_of(const GgufFile& file) {
  const std::string layout = file.text(gguf_rope_key).value_or("interleaved");
  VALIDATE(layout == "interleaved" || layout == "half_split", file.place,
           std::string(gguf_rope_key) + " is '" + layout.substr(0, 40) + "'", "interleaved or half_split was expected");
  return layout == "half_split" ? RopeLayout::half_split : RopeLayout::interleaved;
}

Config read_config(const GgufFile& file) {
  check_keys(file);
  Config c;
  c.layers = size_of(file, "block_count");
  c.hidden = size_of(file, "embedding_length");
  c.heads = same_size_of(file, "attention.head_count");
  c.kv_heads = same_size_of(file, "attention.head_count_kv", c.heads);
  VALIDATE(c.heads >= 1 && (file.has(prefix + "attention.key_length") || c.hidden % c.heads == 0), file.place,
           prefix + "attention.head_count does not divide " + prefix + "embedding_length",
           "attention.key_length is not given and would be their quotient");
  c.head_dim = size_of(file, "attention.key_length", std::max(1, c.hidden / c.heads));
  for (const char* key : {"attention.value_length", "rope.dimension_count"})
    VALIDATE(size_of(file, key, c.head_dim) == c.head_dim, file.place, prefix + key + " is not the width of a head",
             "that is " + std::to_string(c.head_dim));
  c.ffn = same_size_of(file, "feed_forward_length");
  c.context = size_of(file, "context_length");
  c.norm_eps = static_cast<float>(file.real(prefix + "attention.layer_norm_rms_epsilon").value_or(0.0));
  c.rope_theta = static_cast<float>(file.real(prefix + "rope.freq_base").value_or(10000.0));
  c.rope = layout_of(file);
  if (file.integer(prefix + "expert_count").value_or(0) != 0) {
    c.experts = size_of(file, "expert_count");
    c.experts_active = size_of(file, "expert_used_count");
  }
  const auto embedding = file.tensors.tensors.find("token_embd.weight");
  VALIDATE(embedding != file.tensors.tensors.end() && embedding->second.shape.size() == 2, file.place,
           "tensor 'token_embd.weight' is missing or no matrix", "it is the embedding");
  c.vocab = static_cast<int>(embedding->second.shape[0]);
  VALIDATE(size_of(file, "vocab_size", c.vocab) == c.vocab, file.place,
           "tensor 'token_embd.weight' at byte " + std::to_string(embedding->second.offset) + " has " +
               std::to_string(c.vocab) + " rows",
           prefix + "vocab_size is another number");
  c.tied = !file.tensors.tensors.contains("output.weight");
  c.validate(file.place);
  return c;
}

// The matrices of the experts of a block lie in one tensor; each becomes one by itself.
void split_experts(const Config& config, const std::string& place, const std::string& name, const Tensor& all,
                   int layer, ExpertMatrix matrix, TensorTable& into) {
  const long long hidden = config.hidden, ffn = config.ffn;
  const std::vector<long long> want = matrix == ExpertMatrix::down
                                          ? std::vector<long long>{config.experts, hidden, ffn}
                                          : std::vector<long long>{config.experts, ffn, hidden};
  VALIDATE(all.shape == want, place,
           "tensor '" + name + "' at byte " + std::to_string(all.offset) + " has shape " + shape_text(all.shape),
           "the keys of the file ask for " + shape_text(want));
  for (int e = 0; e < config.experts; ++e) {
    Tensor one = all;
    one.shape.erase(one.shape.begin());
    one.bytes = all.bytes / static_cast<std::size_t>(config.experts);
    one.offset = all.offset + static_cast<std::size_t>(e) * one.bytes;
    into.tensors.emplace(block_prefix(layer) + expert_name(e, matrix), std::move(one));
  }
}

}  // namespace

std::string gguf_name(const std::string& name) {
  for (const auto& [hugging_face, gguf] : gguf_whole_names)
    if (name == hugging_face) return gguf;
  const std::string_view blocks = "model.layers.";
  const std::size_t dot = name.find('.', blocks.size());
  if (!name.starts_with(blocks) || dot == std::string::npos) return {};
  for (const auto& [hugging_face, gguf] : gguf_block_names)
    if (name.substr(dot + 1) == hugging_face)
      return "blk." + name.substr(blocks.size(), dot - blocks.size()) + "." + gguf;
  return {};
}

Source parse_gguf(std::string place, std::string_view bytes) {
  GgufFile file = parse_gguf_file(std::move(place), bytes);
  const std::string architecture = file.text("general.architecture").value_or("");
  VALIDATE(architecture == "llama", file.place, "general.architecture is '" + architecture.substr(0, 40) + "'",
           "its block may differ from LLaMA's", "Known: llama.");
  VALIDATE(file.integer("split.count").value_or(1) <= 1, file.place, "is one part of several",
           "a GGUF file is read whole", "Join the parts with llama-gguf-split --merge.");
  Source source{"GGUF", read_config(file), {file.tensors.files, {}}, {}, {}};
  std::map<std::string, std::string> known;
  std::map<std::string, std::pair<int, ExpertMatrix>> merged;
  for (const auto& [hugging_face, gguf] : gguf_whole_names) known.emplace(gguf, hugging_face);
  for (int layer = 0; layer < source.config.layers; ++layer) {
    const std::string block = "blk." + std::to_string(layer) + ".";
    for (const auto& [hugging_face, gguf] : gguf_block_names)
      known.emplace(block + gguf, block_prefix(layer) + hugging_face);
    for (const auto& [matrix, gguf] : gguf_expert_names)
      if (source.config.experts > 0) merged.emplace(block + gguf, std::pair(layer, matrix));
  }
  bool quantised = false;
  for (const auto& [name, tensor] : file.tensors.tensors) {
    const auto found = known.find(name);
    const auto experts = merged.find(name);
    VALIDATE(found != known.end() || experts != merged.end(), file.place,
             "tensor '" + name + "' at byte " + std::to_string(tensor.offset) + " is not expected",
             "leaving it out would change the model");
    if (found != known.end())
      source.tensors.tensors.emplace(found->second, tensor);
    else
      split_experts(source.config, file.place, name, tensor, experts->second.first, experts->second.second,
                    source.tensors);
    quantised = quantised || block_of(tensor.dtype).values > 1;
  }
  // By the file's own name: what is split has another one.
  for (const auto& [name, experts] : merged)
    VALIDATE(file.tensors.tensors.contains(name), file.place, "tensor '" + name + "' is missing",
             prefix + "expert_count is " + std::to_string(source.config.experts));
  VALIDATE(!quantised || file.integer("general.quantization_version").value_or(2) == 2, file.place,
           "general.quantization_version is not 2", "blocks of another version lie differently");
  source.tensors.arrange_heads(source.config, RopeLayout::interleaved);
  read_gguf_vocabulary(file, source);
  return source;
}

}  // namespace orrery::kernels::model
