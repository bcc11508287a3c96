#include "kernels/model/tensors.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace orrery::kernels::model {
namespace {

std::string text(const std::vector<long long>& shape) {
  std::string out = "[";
  for (const long long n : shape) out += (out.size() > 1 ? ", " : "") + std::to_string(n);
  return out + "]";
}

// IEEE half to single: every half is a single.
float from_half(std::uint16_t half) {
  const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000U) << 16;
  const std::uint32_t exponent = half >> 10 & 0x1FU, mantissa = half & 0x3FFU;
  if (exponent == 0) {  // zero or subnormal: mantissa * 2^-24
    const float value = static_cast<float>(mantissa) * 0x1p-24F;
    return sign != 0 ? -value : value;
  }
  const std::uint32_t wide = exponent == 31 ? 255U : exponent + 112U;
  return std::bit_cast<float>(sign | wide << 23 | mantissa << 13);
}

float widen(Dtype dtype, const char* from) {
  if (dtype == Dtype::f32) {
    float value = 0.0F;
    std::memcpy(&value, from, sizeof value);
    return value;
  }
  std::uint16_t half = 0;
  std::memcpy(&half, from, sizeof half);
  return dtype == Dtype::f16 ? from_half(half) : std::bit_cast<float>(static_cast<std::uint32_t>(half) << 16);
}

using Shapes = std::map<std::string, std::vector<long long>>;

Shapes expected(const Config& c) {
  const long long hidden = c.hidden, ffn = c.ffn, queries = c.query_cols(), keys = c.kv_cols(), vocab = c.vocab;
  Shapes shapes{{"model.embed_tokens.weight", {vocab, hidden}}, {"model.norm.weight", {hidden}}};
  if (!c.tied) shapes["lm_head.weight"] = {vocab, hidden};
  for (int layer = 0; layer < c.layers; ++layer) {
    const std::string block = "model.layers." + std::to_string(layer) + ".";
    shapes[block + "input_layernorm.weight"] = {hidden};
    shapes[block + "post_attention_layernorm.weight"] = {hidden};
    shapes[block + "self_attn.q_proj.weight"] = {queries, hidden};
    shapes[block + "self_attn.k_proj.weight"] = {keys, hidden};
    shapes[block + "self_attn.v_proj.weight"] = {keys, hidden};
    shapes[block + "self_attn.o_proj.weight"] = {hidden, queries};
    shapes[block + "mlp.gate_proj.weight"] = {ffn, hidden};
    shapes[block + "mlp.up_proj.weight"] = {ffn, hidden};
    shapes[block + "mlp.down_proj.weight"] = {hidden, ffn};
  }
  return shapes;
}

}  // namespace

std::size_t width(Dtype dtype) { return dtype == Dtype::f32 ? 4 : 2; }

const Tensor& TensorTable::at(const std::string& name) const {
  const auto found = tensors.find(name);
  VALIDATE(found != tensors.end(), place, "tensor '" + name + "' is missing", "the config asks for it");
  return found->second;
}

void TensorTable::check_against(const Config& config) const {
  // Old files carry the angles of rotary embedding, which follow from the config.
  constexpr std::string_view derived = ".self_attn.rotary_emb.inv_freq";
  const Shapes shapes = expected(config);
  for (const auto& [name, shape] : shapes) {
    const Tensor& tensor = at(name);
    VALIDATE(tensor.shape == shape, place, "tensor '" + name + "' has shape " + text(tensor.shape),
             "the config asks for " + text(shape),
             "Its " + std::to_string(tensor.bytes) + " bytes start at byte " + std::to_string(tensor.offset) + ".");
  }
  for (const auto& [name, tensor] : tensors) {
    VALIDATE(shapes.contains(name) || name.ends_with(derived), place, "tensor '" + name + "' is not expected",
             "leaving it out would change the model",
             name == "lm_head.weight" ? "Set tie_word_embeddings to false to use it, or remove the tensor." : "");
  }
}

Matrix TensorTable::read(const std::string& name) const {
  const Tensor& tensor = at(name);
  const bool vector = tensor.shape.size() == 1;
  EXPECT(vector || tensor.shape.size() == 2);
  Matrix out(vector ? 1 : static_cast<int>(tensor.shape[0]), static_cast<int>(tensor.shape.back()));
  const char* from = bytes.data() + tensor.offset;
  const std::size_t step = width(tensor.dtype);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const float value = widen(tensor.dtype, from + i * step);
    VALIDATE(std::isfinite(value), place,
             "tensor '" + name + "' holds " + (std::isnan(value) ? "NaN" : "infinity") + " at byte " +
                 std::to_string(tensor.offset + i * step),
             "every output would be NaN", "The file is damaged or was saved from a training run that diverged.");
    out.data()[i] = value;
  }
  return out;
}

}  // namespace orrery::kernels::model
