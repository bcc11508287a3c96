#include "kernels/model/config.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

#include "kernels/contract.hpp"

namespace orrery::kernels::model {
namespace {

using Json = nlohmann::json;

// One key of config.json as an int; a missing key gives `otherwise`, or an error where otherwise is 0.
int integer(std::string_view place, const Json& json, const char* key, int otherwise = 0) {
  const auto found = json.find(key);
  if (found == json.end() || found->is_null()) {
    VALIDATE(otherwise != 0, place, std::string("no key '") + key + "'", "the shape of the model needs it");
    return otherwise;
  }
  VALIDATE(found->is_number_integer(), place, std::string("key '") + key + "' is not an integer", "it is a size");
  const auto value = found->get<std::int64_t>();
  VALIDATE(value >= 1 && value <= INT32_MAX, place, std::string(key) + " = " + found->dump() + " is out of range",
           "it is a size, at least 1");
  return static_cast<int>(value);
}

float real(std::string_view place, const Json& json, const char* key, float otherwise) {
  const auto found = json.find(key);
  if (found == json.end() || found->is_null()) return otherwise;
  VALIDATE(found->is_number(), place, std::string("key '") + key + "' is not a number", "the kernels compute with it");
  return found->get<float>();
}

// A key that must be absent, null or `neutral`, because any other value means mathematics that is not implemented.
void must_be(std::string_view place, const Json& json, const char* key, const Json& neutral) {
  const auto found = json.find(key);
  if (found == json.end() || found->is_null() || *found == neutral) return;
  fail_input(place, std::string("key '") + key + "' is " + found->dump().substr(0, 80),
             "only " + neutral.dump() + " is implemented, and anything else would change the result",
             "Convert the model or choose another one.");
}

// rope_theta at top level, or inside rope_parameters as newer files have it.
float read_theta(std::string_view place, const Json& json) {
  must_be(place, json, "rope_scaling", nullptr);
  const auto nested = json.find("rope_parameters");
  if (nested == json.end() || nested->is_null()) return real(place, json, "rope_theta", 10000.0F);
  VALIDATE(nested->is_object(), place, "key 'rope_parameters' is not an object", "it holds rope_theta and rope_type");
  must_be(place, *nested, "rope_type", "default");
  return real(place, *nested, "rope_theta", real(place, json, "rope_theta", 10000.0F));
}

void in_range(std::string_view place, const char* key, long long value, long long low, long long high) {
  VALIDATE(value >= low && value <= high, place, std::string(key) + " = " + std::to_string(value) + " is out of range",
           "must be from " + std::to_string(low) + " to " + std::to_string(high));
}

}  // namespace

void Config::validate(std::string_view place) const {
  in_range(place, "layers", layers, 1, 10000);
  in_range(place, "hidden", hidden, 1, 1 << 20);
  in_range(place, "heads", heads, 1, 4096);
  in_range(place, "kv_heads", kv_heads, 1, heads);
  VALIDATE(heads % kv_heads == 0, place, "kv_heads = " + std::to_string(kv_heads) + " does not divide heads",
           "heads = " + std::to_string(heads) + ", and every key-value head serves the same number of them");
  in_range(place, "head_dim", head_dim, 2, 4096);
  VALIDATE(head_dim % 2 == 0, place, "head_dim = " + std::to_string(head_dim) + " is odd",
           "rotary embedding turns pairs of values");
  in_range(place, "heads * head_dim", static_cast<long long>(heads) * head_dim, 1, 1 << 20);
  in_range(place, "ffn", ffn, 1, 1 << 22);
  in_range(place, "experts", experts, 0, 1024);
  in_range(place, "experts_active", experts_active, experts == 0 ? 0 : 1, experts);
  in_range(place, "vocab", vocab, 1, 1 << 24);
  in_range(place, "context", context, 1, 1 << 24);
  // The table of angles: at most 512 MiB.
  in_range(place, "context * head_dim", static_cast<long long>(context) * head_dim, 2, 1 << 27);
  VALIDATE(std::isfinite(norm_eps) && norm_eps > 0.0F && norm_eps < 1.0F, place,
           "norm_eps = " + std::to_string(norm_eps) + " is out of range", "must lie between 0 and 1");
  VALIDATE(std::isfinite(rope_theta) && rope_theta >= 1.0F, place,
           "rope_theta = " + std::to_string(rope_theta) + " is out of range", "must be finite and at least 1");
}

std::size_t Config::block_parameters() const {
  const std::size_t h = static_cast<std::size_t>(hidden), q = static_cast<std::size_t>(query_cols());
  const std::size_t attention = h * (2 * q + 2 * static_cast<std::size_t>(kv_cols()));
  const std::size_t mlp = 3 * h * static_cast<std::size_t>(ffn), e = static_cast<std::size_t>(experts);
  return 2 * h + attention + (experts == 0 ? mlp : e * mlp + e * h);
}

std::size_t Config::embedding_parameters() const {
  return static_cast<std::size_t>(vocab) * static_cast<std::size_t>(hidden);
}

std::size_t Config::head_parameters() const { return embedding_parameters() + static_cast<std::size_t>(hidden); }

Config parse_hf_config(std::string_view place, std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  VALIDATE(!json.is_discarded() && json.is_object(), place, "is not a JSON object",
           "config.json of a model was expected");
  must_be(place, json, "hidden_act", "silu");
  must_be(place, json, "attention_bias", false);
  must_be(place, json, "mlp_bias", false);
  must_be(place, json, "sliding_window", nullptr);
  must_be(place, json, "quantization_config", nullptr);
  const std::string type = json.contains("model_type") && json["model_type"].is_string() ? json["model_type"] : "llama";
  VALIDATE(type == "llama" || type == "mistral" || type == "mixtral", place, "model_type '" + type + "' is not known",
           "its block may differ from LLaMA's", "Known: llama, mistral without sliding window, mixtral.");
  Config config;
  config.layers = integer(place, json, "num_hidden_layers");
  config.hidden = integer(place, json, "hidden_size");
  config.heads = integer(place, json, "num_attention_heads");
  config.kv_heads = integer(place, json, "num_key_value_heads", config.heads);
  VALIDATE(json.contains("head_dim") || config.hidden % config.heads == 0, place,
           "num_attention_heads does not divide hidden_size", "head_dim is not given and would be their quotient");
  config.head_dim = integer(place, json, "head_dim", std::max(1, config.hidden / config.heads));
  config.ffn = integer(place, json, "intermediate_size");
  if (type == "mixtral") {
    config.experts = integer(place, json, "num_local_experts");
    config.experts_active = integer(place, json, "num_experts_per_tok");
  } else {
    must_be(place, json, "num_local_experts", 0);  // it would be left out
  }
  config.vocab = integer(place, json, "vocab_size");
  config.context = integer(place, json, "max_position_embeddings");
  config.norm_eps = real(place, json, "rms_norm_eps", 1e-6F);  // LlamaConfig's default
  config.rope_theta = read_theta(place, json);
  const auto tied = json.find("tie_word_embeddings");
  VALIDATE(tied == json.end() || tied->is_boolean(), place, "key 'tie_word_embeddings' is not true or false",
           "it says whether the LM head is the embedding");
  config.tied = tied != json.end() && tied->get<bool>();
  const auto layout = json.find(hf_rope_key);
  if (layout != json.end()) must_be(place, json, hf_rope_key, "interleaved");
  config.rope = layout == json.end() ? RopeLayout::half_split : RopeLayout::interleaved;
  config.validate(place);
  return config;
}

}  // namespace orrery::kernels::model
