// Rotary position embedding (Su et al., 2021): pair i of each head turns by position * theta^(-2 i / head_dim).
//
// (a, b) -> (fma(a, cos, -(b sin)), fma(a, sin, b cos)).
// The pair i is (2 i, 2 i + 1) in the interleaved layout of llama2.c and (i, i + head_dim / 2) in the half-split one of
// Hugging Face; a model's q and k weights are trained for one of them.
// The angle is the fp32 product of position and fp32 frequency, as in both of them; cos and sin of it are rounded from
// our own double arithmetic (kernels/elementary.hpp), so that no C library has a say in the bits.
// Tolerance: |error| <= 3 u (|a| + |b|) given the table, whose entries are within 0.6 ulp of the truth.
// Cost: 6 flops a pair.
#pragma once

#include <vector>

#include "kernels/cpu.hpp"
#include "kernels/tensor.hpp"

namespace orrery::kernels {

enum class RopeLayout { interleaved, half_split };

// cos and sin [positions, head_dim / 2]; immutable once made.
struct RopeTable {
  RopeTable(int positions, int head_dim, float theta);

  int positions, head_dim;
  Matrix cos, sin;
};

// x [m, heads * head_dim] in place; row r stands at position first_position + r, which must be in the table.
void rope(MatrixView x, int first_position, const RopeTable& table, RopeLayout layout, const Cpu& cpu);

namespace ref {
void rope(MatrixView x, int first_position, const RopeTable& table, RopeLayout layout);
}  // namespace ref

}  // namespace orrery::kernels
