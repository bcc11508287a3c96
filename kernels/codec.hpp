// Wire formats for activations. Each row is encoded alone, so a batch changes no bits.
//
//   fp32   4 bytes a value; the identity, bit for bit.
//   bf16   2 bytes a value; round to nearest even, a NaN stays a (quiet) NaN. Relative error <= 2^-8.
//   int8   blocks of 64 values along a row (the last one may be shorter): an fp32 scale = absmax / 127, then one signed
//          byte a value, round to nearest even of value / scale. Error <= 0.51 scale. A block with a NaN or infinity
//          decodes to NaN throughout: a poisoned activation stays visible.
// Numbers are little-endian on the wire.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "kernels/tensor.hpp"

namespace orrery::kernels {

enum class WireFormat { fp32, bf16, int8 };

constexpr int int8_block = 64;

const char* name(WireFormat format);

std::size_t encoded_bytes(WireFormat format, int rows, int cols);

// bytes.size() == encoded_bytes(format, x.rows, x.cols)
void encode(WireFormat format, ConstMatrixView x, std::span<std::byte> bytes);
void decode(WireFormat format, std::span<const std::byte> bytes, MatrixView x);

namespace ref {
void encode(WireFormat format, ConstMatrixView x, std::span<std::byte> bytes);
void decode(WireFormat format, std::span<const std::byte> bytes, MatrixView x);
}  // namespace ref

}  // namespace orrery::kernels
