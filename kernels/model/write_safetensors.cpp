#include <algorithm>
#include <cstring>

#include <nlohmann/json.hpp>

#include "kernels/model/writers.hpp"

namespace orrery::kernels::model {
namespace {

using Json = nlohmann::ordered_json;

const char* dtype_name(const std::string& place, Dtype dtype) {
  if (dtype == Dtype::f32) return "F32";
  if (dtype == Dtype::f16) return "F16";
  if (dtype == Dtype::bf16) return "BF16";
  fail_input(place, std::string("cannot be written as safetensors in ") + name(dtype), "the format has no such dtype",
             "Add --dtype f32 or --dtype bf16, or write GGUF.");
}

}  // namespace

void write_safetensors(const Source& source, std::optional<Dtype> dtype, const Sink& sink) {
  Json header{{"__metadata__", {{"format", "pt"}}}};
  std::vector<Planned> tensors;
  std::size_t at = 0;
  for (const auto& [name, tensor] : source.tensors.tensors) {
    tensors.push_back(plan(source, {name}, dtype.value_or(tensor.dtype)));
    const Planned& t = tensors.back();
    header[name] = {{"dtype", dtype_name(source.tensors.place_of(tensor), t.dtype)},
                    {"shape", t.shape},
                    {"data_offsets", {at, at + t.bytes}}};
    at += t.bytes;
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');  // so that numbers are aligned in memory
  const std::uint64_t length = text.size();
  sink({reinterpret_cast<const char*>(&length), sizeof length});
  sink(text);
  for (const Planned& t : tensors) write_rows(source, t, RopeLayout::half_split, sink);
}

std::string hf_config_json(const Source& source) {
  const Config& c = source.config;
  Json json{{"architectures", {"LlamaForCausalLM"}},
            {"model_type", "llama"},
            {"hidden_size", c.hidden},
            {"intermediate_size", c.ffn},
            {"num_hidden_layers", c.layers},
            {"num_attention_heads", c.heads},
            {"num_key_value_heads", c.kv_heads},
            {"head_dim", c.head_dim},
            {"vocab_size", c.vocab},
            {"max_position_embeddings", c.context},
            {"rms_norm_eps", c.norm_eps},
            {"rope_theta", c.rope_theta},
            {"hidden_act", "silu"},
            {"attention_bias", false},
            {"mlp_bias", false},
            {"tie_word_embeddings", c.tied}};
  if (c.experts > 0) {
    json["architectures"] = {"MixtralForCausalLM"};
    json["model_type"] = "mixtral";
    json["num_local_experts"] = c.experts;
    json["num_experts_per_tok"] = c.experts_active;
  }
  if (c.rope == RopeLayout::interleaved) json[hf_rope_key] = "interleaved";
  const auto ends = [&json](const auto& words) {
    if (words.bos >= 0) json["bos_token_id"] = words.bos;
    if (words.eos.size() == 1) json["eos_token_id"] = words.eos[0];
    if (words.eos.size() > 1) json["eos_token_id"] = words.eos;
  };
  if (const auto* merges = std::get_if<MergeVocabulary>(&source.vocabulary)) ends(*merges);
  if (const auto* scores = std::get_if<ScoreVocabulary>(&source.vocabulary)) ends(*scores);
  return json.dump(1) + "\n";
}

}  // namespace orrery::kernels::model
