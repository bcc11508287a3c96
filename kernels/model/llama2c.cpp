#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "kernels/model/tensors.hpp"

namespace orrery::kernels::model {
namespace {

// Hands out consecutive fp32 tensors of the file. Sizes are checked afterwards, against the whole.
struct Cursor {
  TensorTable& table;
  std::size_t at;

  void take(const std::string& name, std::vector<long long> shape) {
    Tensor tensor{Dtype::f32, std::move(shape), at, sizeof(float), 0, {}};
    for (const long long n : tensor.shape) tensor.bytes *= static_cast<std::size_t>(n);
    at += tensor.bytes;
    table.tensors[name] = std::move(tensor);
  }

  // One kind of tensor for all layers, which the file keeps together.
  void take_layers(int layers, const std::string& name, const std::vector<long long>& shape) {
    for (int layer = 0; layer < layers; ++layer) take("model.layers." + std::to_string(layer) + "." + name, shape);
  }
};

Config parse_header(const std::string& place, std::string_view bytes) {
  std::int32_t header[7] = {};
  VALIDATE(bytes.size() >= sizeof header, place, "has only " + std::to_string(bytes.size()) + " bytes",
           "a llama2.c file starts with a header of 28 bytes");
  std::memcpy(header, bytes.data(), sizeof header);
  VALIDATE(header[0] != 0x616b3432, place, "is a llama2.c file of version 1 or later", "only version 0 is implemented",
           "Export it with version 0.");
  VALIDATE(
      header[3] >= 1 && header[0] >= 1 && header[0] % header[3] == 0, place,
      "the header's dim = " + std::to_string(header[0]) + " and n_heads = " + std::to_string(header[3]) + " do not fit",
      "dim is a positive multiple of n_heads", "The file is damaged or is not a llama2.c file.");
  VALIDATE(header[5] != INT32_MIN, place, "the header's vocab_size is out of range", "its size does not fit");
  Config config;
  config.hidden = header[0];
  config.ffn = header[1];
  config.layers = header[2];
  config.heads = header[3];
  config.kv_heads = header[4];
  config.head_dim = header[0] / header[3];
  config.vocab = std::abs(header[5]);
  config.context = header[6];
  config.tied = header[5] > 0;
  config.rope = RopeLayout::interleaved;
  config.validate(place);
  return config;
}

}  // namespace

Llama2c parse_llama2c(const std::string& place, std::string_view bytes) {
  Llama2c out{parse_header(place, bytes), {{{place, bytes, nullptr}}, {}}};
  const Config& c = out.config;
  // The size first: a false header may ask for millions of tensors. Every layer's tensors are in block_parameters.
  const std::size_t parameters = c.embedding_parameters() * (c.tied ? 1 : 2) + static_cast<std::size_t>(c.hidden) +
                                 static_cast<std::size_t>(c.layers) * c.block_parameters() +
                                 static_cast<std::size_t>(c.context) * static_cast<std::size_t>(c.head_dim);
  const std::size_t want = 28 + parameters * sizeof(float);
  VALIDATE(bytes.size() == want, place, "has " + std::to_string(bytes.size()) + " bytes",
           "its header asks for " + std::to_string(want), "The file is truncated or is not a llama2.c file.");
  const long long hidden = c.hidden, ffn = c.ffn, queries = c.query_cols(), keys = c.kv_cols();
  Cursor file{out.tensors, 28};
  file.take("model.embed_tokens.weight", {c.vocab, hidden});
  file.take_layers(c.layers, "input_layernorm.weight", {hidden});
  file.take_layers(c.layers, "self_attn.q_proj.weight", {queries, hidden});
  file.take_layers(c.layers, "self_attn.k_proj.weight", {keys, hidden});
  file.take_layers(c.layers, "self_attn.v_proj.weight", {keys, hidden});
  file.take_layers(c.layers, "self_attn.o_proj.weight", {hidden, queries});
  file.take_layers(c.layers, "post_attention_layernorm.weight", {hidden});
  file.take_layers(c.layers, "mlp.gate_proj.weight", {ffn, hidden});
  file.take_layers(c.layers, "mlp.down_proj.weight", {hidden, ffn});
  file.take_layers(c.layers, "mlp.up_proj.weight", {ffn, hidden});
  file.take("model.norm.weight", {hidden});
  // Two tables of rotary angles that follow from the header and that llama2.c itself no longer reads.
  file.at += static_cast<std::size_t>(c.context) * static_cast<std::size_t>(c.head_dim) * sizeof(float);
  if (!c.tied) file.take("lm_head.weight", {c.vocab, hidden});
  ENSURE(file.at == want);
  out.tensors.arrange_heads(c, RopeLayout::interleaved);
  return out;
}

}  // namespace orrery::kernels::model
