#include "sim/workload/model_shape.hpp"

#include <nlohmann/json.hpp>

#include "data/facts.hpp"
#include "kernels/contract.hpp"
#include "sim/config/fields.hpp"
#include "sim/config/toml.hpp"

namespace orrery::sim::workload {
namespace {

// As written in data/models.toml.
struct Row {
  std::string name, source;
  std::int64_t layers = 0, hidden = 0, heads = 0, kv_heads = 0, head_dim = 0, ffn = 0, vocab = 0;
  std::int64_t experts = 0, experts_active = 0;
  std::int64_t positions = 0, image_tokens = 0, patch = 0, classes = 0;
  bool gated = true, biases = false, tied = false, embedding_norm = false, encoder = false;
  double parameters = 0;

  static config::Fields<Row> fields() {
    return config::Fields<Row>()
        .text("name", &Row::name, "how scenarios spell the model")
        .integer("layers", &Row::layers, "blocks", "transformer blocks", 1, 1e4)
        .integer("hidden", &Row::hidden, "values", "width of an activation", 1, 1e6)
        .integer("heads", &Row::heads, "heads", "query heads", 1, 1e4)
        .integer("kv_heads", &Row::kv_heads, "heads", "key and value heads", 1, 1e4)
        .integer("head_dim", &Row::head_dim, "values", "width of one head", 1, 1e4)
        .integer("ffn", &Row::ffn, "values", "width of one MLP or expert", 1, 1e6)
        .boolean("gated", &Row::gated, "three matrices in the MLP, not two")
        .boolean("biases", &Row::biases, "matrices have biases, norms are LayerNorms")
        .boolean("embedding_norm", &Row::embedding_norm, "a LayerNorm behind the embedding")
        .integer("experts", &Row::experts, "experts", "routed experts a block; 0 dense", 0, 1e4)
        .integer("experts_active", &Row::experts_active, "experts", "experts a token passes", 0, 1e4)
        .integer("vocab", &Row::vocab, "tokens", "rows of the embedding", 1, 1e7)
        .boolean("tied", &Row::tied, "the head is the embedding")
        .integer("positions", &Row::positions, "rows", "learned positions and token types beside the embedding", 0, 1e6)
        .boolean("encoder", &Row::encoder, "turns a text into one vector, by a pooler in the head's place")
        .integer("image_tokens", &Row::image_tokens, "patches", "diffusion: of one image; 0 other models", 0, 1e6)
        .integer("patch", &Row::patch, "values", "diffusion: numbers of a patch that come in", 0, 1e4)
        .integer("classes", &Row::classes, "labels", "diffusion: that an image can be asked for by", 0, 1e6)
        .real("parameters", &Row::parameters, "1", "published count", 1, 1e15)
        .text("source", &Row::source, "where shape and count were published");
  }
};

ModelShape shape_of(const Row& r) {
  const auto narrow = [](std::int64_t x) { return static_cast<int>(x); };
  ModelShape s;
  s.name = r.name;
  s.layers = narrow(r.layers), s.hidden = narrow(r.hidden);
  s.heads = narrow(r.heads), s.kv_heads = narrow(r.kv_heads), s.head_dim = narrow(r.head_dim);
  s.ffn = narrow(r.ffn), s.gated = r.gated, s.biases = r.biases;
  s.experts = narrow(r.experts), s.experts_active = narrow(r.experts_active);
  s.vocab = narrow(r.vocab), s.tied = r.tied, s.embedding_norm = r.embedding_norm;
  s.positions = narrow(r.positions), s.encoder = r.encoder;
  s.image_tokens = narrow(r.image_tokens), s.patch = narrow(r.patch), s.classes = narrow(r.classes);
  s.published_parameters = r.parameters;
  s.source = r.source;
  return s;
}

// The embedded model is a Llama; kernels/model checks its config.json key by key, here only its shape counts.
ModelShape embedded_shape() {
  const auto json = nlohmann::json::parse(data::fact("model/config.json"));
  const auto number = [&](const char* key) { return json.at(key).get<int>(); };
  ModelShape s;
  s.name = "embedded";
  s.layers = number("num_hidden_layers"), s.hidden = number("hidden_size");
  s.heads = number("num_attention_heads"), s.kv_heads = number("num_key_value_heads");
  s.head_dim = json.value("head_dim", s.hidden / s.heads);
  s.ffn = number("intermediate_size"), s.vocab = number("vocab_size");
  s.tied = json.at("tie_word_embeddings").get<bool>();
  s.source = "data/model/config.json, trained for Orrery";
  return s;
}

}  // namespace

std::int64_t ModelShape::expert_parameters() const {
  const std::int64_t matrices = std::int64_t{gated ? 3 : 2} * hidden * ffn;
  return matrices + (biases ? hidden + (gated ? 2 : 1) * std::int64_t{ffn} : 0);
}

std::int64_t ModelShape::block_shared_parameters() const {
  const std::int64_t q = std::int64_t{heads} * head_dim;
  const std::int64_t kv = std::int64_t{kv_heads} * head_dim;
  const std::int64_t attention = hidden * (q + 2 * kv) + q * hidden + (biases ? q + 2 * kv + hidden : 0);
  // What a DiT's norms lack, its conditioning gives.
  const std::int64_t norms =
      image_tokens > 0 ? conditioning_parameters() + 6 * std::int64_t{hidden} : (biases ? 4 : 2) * std::int64_t{hidden};
  const std::int64_t router = std::int64_t{experts} * hidden;
  return attention + norms + router + (experts == 0 ? expert_parameters() : 0);
}

std::int64_t ModelShape::block_parameters() const { return block_shared_parameters() + experts * expert_parameters(); }

// A DiT's: patches, their positions, 256 sines of the step through an MLP, labels.
std::int64_t ModelShape::embedding_parameters() const {
  const std::int64_t width = hidden;
  if (image_tokens > 0) {
    constexpr std::int64_t sines = 256;
    return (patch + 1) * width + image_tokens * width + (sines + 1) * width + (width + 1) * width +
           (classes + 1) * width;
  }
  return (std::int64_t{vocab} + positions) * width + (embedding_norm ? 2 * width : 0);
}

// A DiT's last layer is shifted and scaled as well.
std::int64_t ModelShape::head_parameters() const {
  const std::int64_t width = hidden;
  if (image_tokens > 0) return 2 * width * (width + 1) + (width + 1) * vocab;
  if (encoder) return width * (width + 1);
  return (biases ? 2 : 1) * std::int64_t{hidden} + (tied ? 0 : std::int64_t{vocab} * hidden);
}

std::int64_t ModelShape::conditioning_parameters() const {
  return image_tokens > 0 ? 6 * std::int64_t{hidden} * hidden : 0;
}

std::int64_t ModelShape::parameters() const {
  return layers * block_parameters() + embedding_parameters() + head_parameters();
}

std::int64_t ModelShape::active_matrix_parameters() const {
  const std::int64_t q = std::int64_t{heads} * head_dim;
  const std::int64_t kv = std::int64_t{kv_heads} * head_dim;
  const std::int64_t mlp = std::int64_t{gated ? 3 : 2} * hidden * ffn;
  return hidden * (2 * q + 2 * kv) + (experts == 0 ? mlp : experts_active * mlp + std::int64_t{experts} * hidden);
}

const std::vector<ModelShape>& model_shapes() {
  static const std::vector<ModelShape> all = [] {
    struct File {
      std::vector<Row> rows;
    } file;
    const auto fields = config::Fields<File>().rows("model", &File::rows, "models");
    config::read_fields(fields.list(), &file, config::parse_toml(data::fact("models.toml"), "models.toml"));
    std::vector<ModelShape> shapes;
    for (const Row& row : file.rows) shapes.push_back(shape_of(row));
    shapes.push_back(embedded_shape());
    return shapes;
  }();
  return all;
}

const ModelShape& model_shape(std::string_view name, std::string_view place) {
  std::vector<std::string> names;
  for (const ModelShape& shape : model_shapes()) {
    if (shape.name == name) return shape;
    names.push_back(shape.name);
  }
  fail_input(place, "unknown model '" + std::string(name) + "'", "it is not in data/models.toml",
             config::suggest(name, names));
}

}  // namespace orrery::sim::workload
