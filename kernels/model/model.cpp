#include "kernels/model/model.hpp"

#include <algorithm>
#include <utility>

namespace orrery::kernels::model {
namespace {

std::vector<float> read_vector(const TensorTable& tensors, const std::string& name) {
  const Matrix row = tensors.read(name);
  return {row.data(), row.data() + row.size()};
}

}  // namespace

Model::Model(Source source)
    : config_(source.config), tensors_(std::move(source.tensors)), tokenizer_(Tokenizer::make(source.vocabulary)) {
  std::vector<std::size_t> bytes(static_cast<std::size_t>(config_.layers));
  for (std::size_t block = 0; block < bytes.size(); ++block) {
    const std::string prefix = block_prefix(static_cast<int>(block));
    for (auto at = tensors_.tensors.lower_bound(prefix); at != tensors_.tensors.end(); ++at) {
      if (!at->first.starts_with(prefix)) break;
      bytes[block] += at->second.bytes;
    }
  }
  block_bytes_ = *std::max_element(bytes.begin(), bytes.end());
}

std::shared_ptr<const Model> Model::make(Source source) {
  return std::shared_ptr<const Model>(new Model(std::move(source)));
}

std::shared_ptr<const Model> Model::open(const std::filesystem::path& path, const std::filesystem::path& tokenizer) {
  return make(open_source(path, tokenizer));
}

std::shared_ptr<const Model> Model::open_bytes(std::string_view config_json, std::string_view safetensors,
                                               std::string_view tokenizer_json) {
  return make(source_of_bytes(config_json, safetensors, tokenizer_json));
}

std::shared_ptr<const RopeTable> Model::rope_table() const {
  // Not at opening: a rank that only looks at shapes should not compute a table for the longest context.
  std::call_once(rope_once_, [this] {
    rope_ = std::make_shared<const RopeTable>(config_.context, config_.head_dim, config_.rope_theta);
  });
  return rope_;
}

void Model::load_mlp(const std::string& name, WeightType type, BlockWeights& into) const {
  into.gate_up = PackedMatrix(2 * config_.ffn, config_.hidden, type);
  tensors_.pack(name + "mlp.gate_proj.weight", into.gate_up, 0);
  tensors_.pack(name + "mlp.up_proj.weight", into.gate_up, config_.ffn);
  into.down = PackedMatrix(config_.hidden, config_.ffn, type);
  tensors_.pack(name + "mlp.down_proj.weight", into.down);
}

void Model::load_experts(const std::string& name, WeightType type, ExpertSpan held, BlockWeights& into) const {
  into.router = PackedMatrix(config_.experts, config_.hidden);
  tensors_.pack(name + router_name, into.router);
  into.experts.resize(static_cast<std::size_t>(config_.experts));
  for (int e = held.begin; e < std::min(held.end, config_.experts); ++e) {
    ExpertWeights& expert = into.experts[static_cast<std::size_t>(e)];
    expert.gate_up = PackedMatrix(2 * config_.ffn, config_.hidden, type);
    tensors_.pack(name + expert_name(e, ExpertMatrix::gate), expert.gate_up, 0);
    tensors_.pack(name + expert_name(e, ExpertMatrix::up), expert.gate_up, config_.ffn);
    expert.down = PackedMatrix(config_.hidden, config_.ffn, type);
    tensors_.pack(name + expert_name(e, ExpertMatrix::down), expert.down);
  }
}

std::shared_ptr<const BlockWeights> Model::load_block(int block, WeightType type, ExpertSpan held) const {
  EXPECT(0 <= block && block < config_.layers);
  const std::string name = block_prefix(block);
  auto out = std::make_shared<BlockWeights>();
  out->attention_norm = read_vector(tensors_, name + "input_layernorm.weight");
  out->ffn_norm = read_vector(tensors_, name + "post_attention_layernorm.weight");
  out->qkv = PackedMatrix(config_.query_cols() + 2 * config_.kv_cols(), config_.hidden, type);
  tensors_.pack(name + "self_attn.q_proj.weight", out->qkv, 0);
  tensors_.pack(name + "self_attn.k_proj.weight", out->qkv, config_.query_cols());
  tensors_.pack(name + "self_attn.v_proj.weight", out->qkv, config_.query_cols() + config_.kv_cols());
  out->output = PackedMatrix(config_.hidden, config_.query_cols(), type);
  tensors_.pack(name + "self_attn.o_proj.weight", out->output);
  if (config_.experts == 0)
    load_mlp(name, type, *out);
  else
    load_experts(name, type, held, *out);
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
  out->lm_head = PackedMatrix(config_.vocab, config_.hidden, type);
  tensors_.pack(config_.tied ? "model.embed_tokens.weight" : "lm_head.weight", out->lm_head);
  out->norm_eps = config_.norm_eps;
  return out;
}

}  // namespace orrery::kernels::model
