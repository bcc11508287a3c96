// How weights are stored, row by row. A row's bytes are those of a GGUF file's F32, BF16, Q8_0 and Q4_0 tensors.
//
//   fp32   4 bytes a weight; the identity, bit for bit.
//   bf16   2 bytes a weight; nearest even, a NaN stays a (quiet) NaN. Relative error <= 2^-8.
//   int8   34 bytes for 32 weights: d in fp16, then q_0 .. q_31 as signed bytes; w_i = d q_i.
//          Encoding: s = absmax / 127 and 1 / s in fp32, q = w (1 / s) to the nearest, halves away from zero; d = s in
//          fp16, nearest even. Error <= (0.5 + 127 * 2^-11) s for s >= 2^-14: rounding w, then d.
//   int4   18 bytes for 32 weights: d in fp16, then byte i holds q_i + 8 in its low and q_(i + 16) + 8 in its high
//          half; w_i = d q_i, -8 <= q <= 7. Encoding: s = v / -8, v the (first) weight of the largest size;
//          q + 8 = floor(w (1 / s) + 8.5), at most 15; d = s in fp16. Error <= (1 + 8 * 2^-11) |s| for |s| >= 2^-14.
//
// Encoding takes the steps of llama.cpp's reference quantiser, so that a file made there has the bits made here. A row
// whose length is no multiple of 32 ends in zeros. A block that holds a NaN or infinity, or whose scale exceeds fp16,
// gets d = NaN: a poisoned weight stays visible.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/tensor.hpp"

namespace orrery::kernels {

enum class WeightType { fp32, bf16, int8, int4 };

constexpr int weight_block = 32;  // weights that share a scale

const char* name(WeightType type);

// Rows of encoded weights, one after the other, owned by somebody else.
struct EncodedView {
  WeightType type = WeightType::fp32;
  std::span<const std::byte> bytes;  // size() == encoded_bytes(type, rows, cols)
  int rows = 0, cols = 0;

  std::span<const std::byte> row(int r) const;
};

std::size_t encoded_bytes(WeightType type, int rows, int cols);

std::vector<std::byte> encode(WeightType type, ConstMatrixView w);
// w [from.rows, from.cols]; d q is rounded once, to fp32 (it is exact for bf16).
void decode(const EncodedView& from, MatrixView w);

// IEEE half precision, nearest even. A NaN stays a quiet NaN with its sign.
std::uint16_t to_half(float value);
float from_half(std::uint16_t half);
std::uint16_t to_bf16(float value);
float from_bf16(std::uint16_t bits);

}  // namespace orrery::kernels
