// Named tensors in a file or in memory, not yet read. Both readers (safetensors, llama2.c) end here, under the names
// that Hugging Face gives the tensors of a Llama model.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/model/config.hpp"
#include "kernels/tensor.hpp"

namespace orrery::kernels::model {

enum class Dtype { f32, bf16, f16 };

std::size_t width(Dtype dtype);  // bytes of one value

struct Tensor {
  Dtype dtype = Dtype::f32;
  std::vector<long long> shape;
  std::size_t offset = 0;  // of the first byte, from the start of the file
  std::size_t bytes = 0;
};

struct TensorTable {
  std::string place;                       // the file, for messages
  std::string_view bytes;                  // the whole file
  std::shared_ptr<const void> keep_alive;  // the mapping that bytes points into; null if the caller keeps them
  std::map<std::string, Tensor> tensors;

  // InputError if it is missing.
  const Tensor& at(const std::string& name) const;
  // Every tensor that the config asks for is there with the right shape, and no other.
  void check_against(const Config& config) const;
  // Widens to fp32. InputError with the byte offset at the first NaN or infinity.
  Matrix read(const std::string& name) const;
};

// place names the file in messages. InputError if anything in the header or the offsets is not as the format says.
TensorTable parse_safetensors(std::string place, std::string_view bytes);

struct Llama2c {
  Config config;
  TensorTable tensors;
};
// Version 0 of github.com/karpathy/llama2.c: seven int32, then fp32 tensors in a fixed order.
Llama2c parse_llama2c(std::string place, std::string_view bytes);

}  // namespace orrery::kernels::model
