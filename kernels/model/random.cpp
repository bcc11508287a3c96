#include "kernels/model/random.hpp"

#include <cmath>
#include <string>

namespace orrery::kernels::model {
namespace {

// SplitMix64 (Steele, Lea and Flood, 2014): the index-th number of a stream.
std::uint64_t bits(std::uint64_t stream, std::uint64_t index) {
  std::uint64_t z = stream + (index + 1) * 0x9E3779B97F4A7C15U;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31);
}

// In [-1, 1), a multiple of 2^-24.
float draw(std::uint64_t stream, std::uint64_t index) {
  return static_cast<float>(static_cast<std::int64_t>(bits(stream, index) >> 39) - (1 << 24)) * 0x1p-24F;
}

void append_tensor(std::uint64_t stream, Dtype dtype, const Tensor& tensor, std::string& to) {
  const int rows = tensor.rows(), cols = tensor.cols();
  const bool norm = tensor.shape.size() == 1;
  const float scale = std::sqrt(3.0F / static_cast<float>(cols));  // a uniform draw has variance 1/3
  Matrix row(1, cols);
  std::uint64_t index = 0;
  for (int r = 0; r < rows; ++r) {
    for (float& w : row.span()) {
      const float d = draw(stream, index++);
      w = norm ? 1.0F + 0.5F * d : scale * d;
    }
    encode_row(dtype, row.span(), to);
  }
}

}  // namespace

Source random_source(const Config& config, std::uint64_t seed, const std::string& place, Dtype dtype) {
  config.validate(place);
  EXPECT(dtype == Dtype::f32 || dtype == Dtype::bf16);
  Source source{"random", config, {}, {}, {}};
  auto data = std::make_shared<std::string>();
  std::uint64_t stream = seed;
  for_each_tensor(config, [&](const std::string& name, const std::vector<long long>& shape) {
    Tensor tensor{dtype, shape, data->size(), 0, 0, {}};
    append_tensor(bits(stream++, 0), dtype, tensor, *data);
    tensor.bytes = data->size() - tensor.offset;
    source.tensors.tensors.emplace(name, std::move(tensor));
  });
  source.tensors.files.push_back({place, *data, data});
  source.tensors.arrange_heads(config, config.rope);
  source.check();
  return source;
}

}  // namespace orrery::kernels::model
