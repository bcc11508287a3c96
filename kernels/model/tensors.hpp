// Named tensors in files or in memory, not yet read. Every reader (safetensors, GGUF, llama2.c) ends here, under the
// names that Hugging Face gives the tensors of a Llama or Mixtral model.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/model/config.hpp"
#include "kernels/model/dtype.hpp"
#include "kernels/packed.hpp"
#include "kernels/tensor.hpp"

namespace orrery::kernels::model {

struct TensorFile {
  std::string place;                       // its name, for messages
  std::string_view bytes;                  // all of it
  std::shared_ptr<const void> keep_alive;  // the mapping that bytes points into; null if the caller keeps them
};

// Rows of a query or key projection in the order of another layout than the file's (kernels/rope.hpp).
struct HeadOrder {
  int head_dim = 0;  // 0: rows are as they are stored
  RopeLayout stored = RopeLayout::half_split, wanted = RopeLayout::half_split;

  int stored_row(int row) const;
};

struct Tensor {
  Dtype dtype = Dtype::f32;
  std::vector<long long> shape;
  std::size_t offset = 0;  // of the first byte, from the start of the file
  std::size_t bytes = 0;
  std::size_t file = 0;  // index into TensorTable::files
  HeadOrder order = {};

  int rows() const;  // 1 for a vector
  int cols() const;
};

std::string shape_text(const std::vector<long long>& shape);

// "model.layers.7."
std::string block_prefix(int block);

// Within a block of a mixture: the router [experts, hidden], and an expert's w1, w3 [ffn, hidden] and w2 [hidden, ffn].
inline constexpr const char* router_name = "block_sparse_moe.gate.weight";
enum class ExpertMatrix { gate, up, down };
std::string expert_name(int expert, ExpertMatrix matrix);

// each(name, shape) for the tensors of a model, one at a time: a false header may ask for millions of them, and whoever
// misses one can end the walk with an exception.
using EachTensor = std::function<void(const std::string& name, const std::vector<long long>& shape)>;
void for_each_tensor(const Config& config, const EachTensor& each);

struct TensorTable {
  std::vector<TensorFile> files;  // the first one names the table in messages
  std::map<std::string, Tensor> tensors;

  // InputError if it is missing.
  const Tensor& at(const std::string& name) const;
  // Every tensor that the config asks for is there with the right shape, and no other.
  void check_against(const Config& config) const;
  // Queries and keys lie in the files as `stored` has them; from now on rows come as config.rope wants them. The two
  // differ in the order of rows only, so the product is the same mathematics; its last bits are those of config.rope.
  void arrange_heads(const Config& config, RopeLayout stored);

  // Widens to fp32. InputError with the byte offset at the first NaN or infinity.
  Matrix read(const std::string& name) const;
  // Rows first_row, first_row + 1, ... of `into`: moved as they are stored where dtype and type agree, otherwise
  // widened and encoded. InputError as above.
  void pack(const std::string& name, PackedMatrix& into, int first_row = 0) const;

  // Row r as stored; the tensor is not checked for NaN.
  std::string_view row(const Tensor& tensor, int r) const;
  void check_finite(const std::string& name) const;
  const std::string& place_of(const Tensor& tensor) const { return files[tensor.file].place; }
};

// place names the file in messages. InputError if anything in the header or the offsets is not as the format says.
TensorTable parse_safetensors(std::string place, std::string_view bytes);

struct Llama2c {
  Config config;
  TensorTable tensors;
};
// Version 0 of github.com/karpathy/llama2.c: seven int32, then fp32 tensors in a fixed order.
Llama2c parse_llama2c(const std::string& place, std::string_view bytes);

}  // namespace orrery::kernels::model
