// How the numbers of a tensor are stored in a file, row by row.
//
// q8_0 and q4_0 are GGUF's blocks of 32 with an fp16 scale: what kernels/quant.hpp calls int8 and int4, byte for byte.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "kernels/quant.hpp"

namespace orrery::kernels::model {

enum class Dtype { f32, f16, bf16, q8_0, q4_0 };

const char* name(Dtype dtype);

// The smallest piece that can be read alone.
struct Block {
  int values;
  int bytes;
};
Block block_of(Dtype dtype);

// The kernels' weights with the same bytes; none for f16.
std::optional<WeightType> weight_type(Dtype dtype);

// cols is a multiple of block_of(dtype).values.
std::size_t row_bytes(Dtype dtype, std::size_t cols);

// Widens to fp32: exact in every dtype (a scale of 11 bits times an integer of 8). from.size() == row_bytes.
void decode_row(Dtype dtype, std::string_view from, std::span<float> to);
// Appends a row; dtype is not f16.
void encode_row(Dtype dtype, std::span<const float> from, std::string& to);

// Offset of the first block with a NaN or an infinity; npos if there is none.
std::size_t first_bad(Dtype dtype, std::string_view bytes);
bool is_nan(Dtype dtype, std::string_view block);  // of such a block: NaN, not infinity

}  // namespace orrery::kernels::model
