#include "kernels/model/model.hpp"

#include <utility>

#include "kernels/model/mapped_file.hpp"

namespace orrery::kernels::model {
namespace fs = std::filesystem;
namespace {

std::string block_name(int block) { return "model.layers." + std::to_string(block) + "."; }

std::vector<float> read_vector(const TensorTable& tensors, const std::string& name) {
  const Matrix row = tensors.read(name);
  return {row.data(), row.data() + row.size()};
}

// The tokenizer that was asked for, or the one beside the weights, or none.
std::shared_ptr<const Tokenizer> open_tokenizer(const fs::path& asked, const fs::path& beside, int vocab,
                                                std::string_view config_json) {
  if (asked.empty() && !fs::exists(beside)) return nullptr;
  const fs::path& path = asked.empty() ? beside : asked;
  const auto file = MappedFile::open(path);
  auto tokenizer = path.extension() == ".json" ? Tokenizer::parse_hf(path.string(), file->bytes(), config_json)
                                               : Tokenizer::parse_llama2c(path.string(), file->bytes(), vocab);
  VALIDATE(tokenizer->vocab_size() <= vocab, path.string(),
           "has " + std::to_string(tokenizer->vocab_size()) + " tokens", "the model knows " + std::to_string(vocab));
  return tokenizer;
}

}  // namespace

Model::Model(const Config& config, TensorTable tensors, std::shared_ptr<const Tokenizer> tokenizer)
    : config_(config), tensors_(std::move(tensors)), tokenizer_(std::move(tokenizer)) {
  tensors_.check_against(config_);
  for (const auto& [name, tensor] : tensors_.tensors)
    if (name.starts_with(block_name(0))) block_bytes_ += tensor.bytes;
}

std::shared_ptr<const Model> Model::open(const fs::path& path, const fs::path& tokenizer) {
  const bool folder = fs::is_directory(path);
  const fs::path weights = folder ? path / "model.safetensors" : path;
  const auto file = MappedFile::open(weights);
  if (weights.extension() == ".bin") {
    Llama2c parsed = parse_llama2c(weights.string(), file->bytes());
    parsed.tensors.keep_alive = file;
    auto words = open_tokenizer(tokenizer, weights.parent_path() / "tokenizer.bin", parsed.config.vocab, {});
    return std::shared_ptr<const Model>(new Model(parsed.config, std::move(parsed.tensors), std::move(words)));
  }
  VALIDATE(weights.extension() == ".safetensors", path.string(), "is not a model that can be read",
           "its name ends in '" + weights.extension().string() + "'",
           "Give a folder with config.json and model.safetensors, a .safetensors file, or a llama2.c .bin file.");
  const fs::path beside = weights.parent_path();
  const auto config_file = MappedFile::open(beside / "config.json");
  const Config config = parse_hf_config((beside / "config.json").string(), config_file->bytes());
  TensorTable tensors = parse_safetensors(weights.string(), file->bytes());
  tensors.keep_alive = file;
  auto words = open_tokenizer(tokenizer, beside / "tokenizer.json", config.vocab, config_file->bytes());
  return std::shared_ptr<const Model>(new Model(config, std::move(tensors), std::move(words)));
}

std::shared_ptr<const Model> Model::open_bytes(std::string_view config_json, std::string_view safetensors,
                                               std::string_view tokenizer_json) {
  const Config config = parse_hf_config("config.json", config_json);
  TensorTable tensors = parse_safetensors("model.safetensors", safetensors);
  std::shared_ptr<const Tokenizer> words;
  if (!tokenizer_json.empty()) {
    words = Tokenizer::parse_hf("tokenizer.json", tokenizer_json, config_json);
    VALIDATE(words->vocab_size() <= config.vocab, "tokenizer.json",
             "has " + std::to_string(words->vocab_size()) + " tokens",
             "the model knows " + std::to_string(config.vocab));
  }
  return std::shared_ptr<const Model>(new Model(config, std::move(tensors), std::move(words)));
}

std::shared_ptr<const RopeTable> Model::rope_table() const {
  // Not at opening: a rank that only looks at shapes should not compute a table for the longest context.
  std::call_once(rope_once_, [this] {
    rope_ = std::make_shared<const RopeTable>(config_.context, config_.head_dim, config_.rope_theta);
  });
  return rope_;
}

std::shared_ptr<const BlockWeights> Model::load_block(int block, WeightType type) const {
  EXPECT(0 <= block && block < config_.layers);
  const std::string name = block_name(block);
  auto out = std::make_shared<BlockWeights>();
  out->attention_norm = read_vector(tensors_, name + "input_layernorm.weight");
  out->ffn_norm = read_vector(tensors_, name + "post_attention_layernorm.weight");
  out->qkv = PackedMatrix(config_.query_cols() + 2 * config_.kv_cols(), config_.hidden, type);
  out->qkv.set_rows(0, tensors_.read(name + "self_attn.q_proj.weight"));
  out->qkv.set_rows(config_.query_cols(), tensors_.read(name + "self_attn.k_proj.weight"));
  out->qkv.set_rows(config_.query_cols() + config_.kv_cols(), tensors_.read(name + "self_attn.v_proj.weight"));
  out->output = PackedMatrix(tensors_.read(name + "self_attn.o_proj.weight"), type);
  out->gate_up = PackedMatrix(2 * config_.ffn, config_.hidden, type);
  out->gate_up.set_rows(0, tensors_.read(name + "mlp.gate_proj.weight"));
  out->gate_up.set_rows(config_.ffn, tensors_.read(name + "mlp.up_proj.weight"));
  out->down = PackedMatrix(tensors_.read(name + "mlp.down_proj.weight"), type);
  out->rope = rope_table();
  return out;
}

std::shared_ptr<const EmbeddingWeights> Model::load_embedding() const {
  auto out = std::make_shared<EmbeddingWeights>();
  out->table = tensors_.read("model.embed_tokens.weight");
  return out;
}

std::shared_ptr<const HeadWeights> Model::load_head(WeightType type) const {
  auto out = std::make_shared<HeadWeights>();
  out->norm = read_vector(tensors_, "model.norm.weight");
  out->lm_head = PackedMatrix(tensors_.read(config_.tied ? "model.embed_tokens.weight" : "lm_head.weight"), type);
  out->norm_eps = config_.norm_eps;
  return out;
}

}  // namespace orrery::kernels::model
