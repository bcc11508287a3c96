#include "kernels/model/tensors.hpp"

#include <climits>
#include <set>
#include <span>

namespace orrery::kernels::model {
namespace {

using Shape = std::vector<long long>;

void each_of_mlp(const Config& c, const std::string& block, const EachTensor& each) {
  const long long hidden = c.hidden, ffn = c.ffn;
  if (c.experts == 0) {
    each(block + "mlp.gate_proj.weight", Shape{ffn, hidden});
    each(block + "mlp.up_proj.weight", Shape{ffn, hidden});
    each(block + "mlp.down_proj.weight", Shape{hidden, ffn});
    return;
  }
  each(block + router_name, Shape{c.experts, hidden});
  for (int e = 0; e < c.experts; ++e) {
    each(block + expert_name(e, ExpertMatrix::gate), Shape{ffn, hidden});
    each(block + expert_name(e, ExpertMatrix::up), Shape{ffn, hidden});
    each(block + expert_name(e, ExpertMatrix::down), Shape{hidden, ffn});
  }
}

}  // namespace

void for_each_tensor(const Config& c, const EachTensor& each) {
  const long long hidden = c.hidden, queries = c.query_cols(), keys = c.kv_cols(), vocab = c.vocab;
  each("model.embed_tokens.weight", Shape{vocab, hidden});
  each("model.norm.weight", Shape{hidden});
  if (!c.tied) each("lm_head.weight", Shape{vocab, hidden});
  for (int layer = 0; layer < c.layers; ++layer) {
    const std::string block = block_prefix(layer);
    each(block + "input_layernorm.weight", Shape{hidden});
    each(block + "post_attention_layernorm.weight", Shape{hidden});
    each(block + "self_attn.q_proj.weight", Shape{queries, hidden});
    each(block + "self_attn.k_proj.weight", Shape{keys, hidden});
    each(block + "self_attn.v_proj.weight", Shape{keys, hidden});
    each(block + "self_attn.o_proj.weight", Shape{hidden, queries});
    each_of_mlp(c, block, each);
  }
}

int HeadOrder::stored_row(int row) const {
  if (head_dim == 0 || stored == wanted) return row;
  const int first = row / head_dim * head_dim, j = row % head_dim, half = head_dim / 2;
  // Row j wanted is the s-th of pair i.
  const bool split = wanted == RopeLayout::half_split;
  const int i = split ? j % half : j / 2, s = split ? j / half : j % 2;
  return first + (stored == RopeLayout::half_split ? s * half + i : 2 * i + s);
}

int Tensor::rows() const {
  EXPECT(shape.size() == 1 || (shape.size() == 2 && shape[0] <= INT_MAX));
  return shape.size() == 1 ? 1 : static_cast<int>(shape[0]);
}

int Tensor::cols() const {
  EXPECT(!shape.empty() && shape.back() <= INT_MAX);
  return static_cast<int>(shape.back());
}

std::string shape_text(const std::vector<long long>& shape) {
  std::string out = "[";
  for (const long long n : shape) out += (out.size() > 1 ? ", " : "") + std::to_string(n);
  return out + "]";
}

std::string expert_name(int expert, ExpertMatrix matrix) {
  constexpr const char* names[] = {".w1.weight", ".w3.weight", ".w2.weight"};
  return "block_sparse_moe.experts." + std::to_string(expert) + names[static_cast<std::size_t>(matrix)];
}

std::string block_prefix(int block) { return "model.layers." + std::to_string(block) + "."; }

const Tensor& TensorTable::at(const std::string& name) const {
  const auto found = tensors.find(name);
  VALIDATE(found != tensors.end(), files[0].place, "tensor '" + name + "' is missing", "the config asks for it");
  return found->second;
}

void TensorTable::check_against(const Config& config) const {
  // Old files carry the angles of rotary embedding, which follow from the config.
  constexpr std::string_view derived = ".self_attn.rotary_emb.inv_freq";
  std::set<std::string> known;
  for_each_tensor(config, [&](const std::string& name, const Shape& shape) {
    const Tensor& tensor = at(name);
    VALIDATE(tensor.shape == shape, place_of(tensor), "tensor '" + name + "' has shape " + shape_text(tensor.shape),
             "the config asks for " + shape_text(shape),
             "Its " + std::to_string(tensor.bytes) + " bytes start at byte " + std::to_string(tensor.offset) + ".");
    known.insert(name);
  });
  for (const auto& [name, tensor] : tensors) {
    VALIDATE(known.contains(name) || name.ends_with(derived), place_of(tensor), "tensor '" + name + "' is not expected",
             "leaving it out would change the model",
             name == "lm_head.weight" ? "Set tie_word_embeddings to false to use it, or remove the tensor." : "");
  }
}

void TensorTable::arrange_heads(const Config& config, RopeLayout stored) {
  for (int layer = 0; layer < config.layers; ++layer) {
    for (const char* projection : {"self_attn.q_proj.weight", "self_attn.k_proj.weight"}) {
      const auto found = tensors.find(block_prefix(layer) + projection);
      if (found != tensors.end()) found->second.order = {config.head_dim, stored, config.rope};
    }
  }
}

std::string_view TensorTable::row(const Tensor& tensor, int r) const {
  const std::size_t size = row_bytes(tensor.dtype, static_cast<std::size_t>(tensor.cols()));
  const auto stored = static_cast<std::size_t>(tensor.order.stored_row(r));
  return files[tensor.file].bytes.substr(tensor.offset + stored * size, size);
}

void TensorTable::check_finite(const std::string& name) const {
  const Tensor& tensor = at(name);
  const std::string_view bytes = files[tensor.file].bytes.substr(tensor.offset, tensor.bytes);
  const std::size_t bad = first_bad(tensor.dtype, bytes);
  if (bad == std::string_view::npos) return;
  fail_input(place_of(tensor),
             "tensor '" + name + "' holds " + (is_nan(tensor.dtype, bytes.substr(bad)) ? "NaN" : "infinity") +
                 " at byte " + std::to_string(tensor.offset + bad),
             "every output would be NaN", "The file is damaged or was saved from a training run that diverged.");
}

Matrix TensorTable::read(const std::string& name) const {
  const Tensor& tensor = at(name);
  check_finite(name);
  Matrix out(tensor.rows(), tensor.cols());
  for (int r = 0; r < out.rows(); ++r) decode_row(tensor.dtype, row(tensor, r), out.view().row_span(r));
  return out;
}

void TensorTable::pack(const std::string& name, PackedMatrix& into, int first_row) const {
  const Tensor& tensor = at(name);
  EXPECT(tensor.cols() == into.k());
  check_finite(name);
  Matrix wide(1, tensor.cols());
  for (int r = 0; r < tensor.rows(); ++r) {
    const std::string_view stored = row(tensor, r);
    if (weight_type(tensor.dtype) == into.type()) {
      into.set_rows(first_row + r, EncodedView{into.type(), std::as_bytes(std::span(stored)), 1, tensor.cols()});
    } else {
      decode_row(tensor.dtype, stored, wide.span());
      into.set_rows(first_row + r, wide.view());
    }
  }
}

}  // namespace orrery::kernels::model
