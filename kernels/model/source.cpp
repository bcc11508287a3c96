#include "kernels/model/source.hpp"

#include <utility>

#include "kernels/model/gguf.hpp"
#include "kernels/model/mapped_file.hpp"

namespace orrery::kernels::model {
namespace fs = std::filesystem;
namespace {

constexpr const char* index_name = "model.safetensors.index.json";

void read_tokenizer_json(Source& source, const std::string& place, std::string_view json,
                         std::string_view config_json) {
  source.vocabulary = parse_hf_vocabulary(place, json, config_json);
  source.tokenizer_json = json;
}

// The tokenizer that was asked for, or the one beside the weights, or none.
void open_tokenizer(Source& source, const fs::path& asked, const fs::path& beside, std::string_view config_json) {
  if (asked.empty() && (beside.empty() || !fs::exists(beside))) return;
  const fs::path& path = asked.empty() ? beside : asked;
  const auto file = MappedFile::open(path);
  if (path.extension() == ".json") {
    read_tokenizer_json(source, path.string(), file->bytes(), config_json);
  } else {
    ScoreVocabulary words = parse_llama2c_vocabulary(path.string(), file->bytes());
    const std::size_t want = static_cast<std::size_t>(source.config.vocab);
    VALIDATE(words.tokens.size() == want, path.string(), "has " + std::to_string(words.tokens.size()) + " tokens",
             "the model needs " + std::to_string(want));
    source.vocabulary = std::move(words);
    source.tokenizer_json.clear();
  }
}

Source open_gguf(const fs::path& path, const fs::path& tokenizer) {
  const auto file = MappedFile::open(path);
  Source source = parse_gguf(path.string(), file->bytes());
  source.tensors.files[0].keep_alive = file;
  open_tokenizer(source, tokenizer, {}, {});
  return source;
}

Source open_llama2c(const fs::path& path, const fs::path& tokenizer) {
  const auto file = MappedFile::open(path);
  Llama2c parsed = parse_llama2c(path.string(), file->bytes());
  parsed.tensors.files[0].keep_alive = file;
  Source source{"llama2.c", parsed.config, std::move(parsed.tensors), {}, {}};
  open_tokenizer(source, tokenizer, path.parent_path() / "tokenizer.bin", {});
  return source;
}

TensorTable open_safetensors(const fs::path& path) {
  if (path.extension() == ".json") return open_safetensors_index(path);
  const auto file = MappedFile::open(path);
  TensorTable tensors = parse_safetensors(path.string(), file->bytes());
  tensors.files[0].keep_alive = file;
  return tensors;
}

Source open_hugging_face(const fs::path& weights, const fs::path& tokenizer) {
  const fs::path beside = weights.parent_path();
  TensorTable tensors = open_safetensors(weights);
  const auto config_file = MappedFile::open(beside / "config.json");
  const Config config = parse_hf_config((beside / "config.json").string(), config_file->bytes());
  Source source{"safetensors", config, std::move(tensors), {}, {}};
  source.tensors.arrange_heads(config, RopeLayout::half_split);
  open_tokenizer(source, tokenizer, beside / "tokenizer.json", config_file->bytes());
  return source;
}

// The weights in a directory.
fs::path weights_in(const fs::path& folder) {
  const fs::path whole = folder / "model.safetensors", parts = folder / index_name;
  return !fs::exists(whole) && fs::exists(parts) ? parts : whole;
}

Source open_unchecked(const fs::path& path, const fs::path& tokenizer) {
  const fs::path weights = fs::is_directory(path) ? weights_in(path) : path;
  if (weights.extension() == ".bin") return open_llama2c(weights, tokenizer);
  if (weights.extension() == ".gguf") return open_gguf(weights, tokenizer);
  VALIDATE(
      weights.extension() == ".safetensors" || weights.string().ends_with(".safetensors.index.json"), path.string(),
      "is not a model that can be read", "its name ends in '" + weights.extension().string() + "'",
      "Give a .gguf file, a folder with config.json and model.safetensors (or its index), a .safetensors file, or a "
      "llama2.c .bin file.");
  return open_hugging_face(weights, tokenizer);
}

}  // namespace

void Source::check() const {
  tensors.check_against(config);
  const int tokens = size(vocabulary);
  const auto* merges = std::get_if<MergeVocabulary>(&vocabulary);
  const auto* scores = std::get_if<ScoreVocabulary>(&vocabulary);
  VALIDATE(tokens <= config.vocab, merges != nullptr ? merges->place : scores->place,
           "has " + std::to_string(tokens) + " tokens", "the model knows " + std::to_string(config.vocab));
}

Source open_source(const fs::path& path, const fs::path& tokenizer) {
  Source source = open_unchecked(path, tokenizer);
  source.check();
  return source;
}

Source source_of_bytes(std::string_view config_json, std::string_view safetensors, std::string_view tokenizer_json) {
  const Config config = parse_hf_config("config.json", config_json);
  Source source{"safetensors", config, parse_safetensors("model.safetensors", safetensors), {}, {}};
  source.tensors.arrange_heads(config, RopeLayout::half_split);
  if (!tokenizer_json.empty()) read_tokenizer_json(source, "tokenizer.json", tokenizer_json, config_json);
  source.check();
  return source;
}

}  // namespace orrery::kernels::model
