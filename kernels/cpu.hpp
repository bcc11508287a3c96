// How a kernel is run and how it rounds.
//
// Cpu changes speed and never a bit: every path does the same IEEE operations in the same order (foreach_isa.hpp).
// Numerics changes bits: it stands for a device that sums in another order, which is how two honest machines differ.
#pragma once

namespace orrery::kernels {

enum class Isa { portable, avx2, avx512 };

// The widest instruction set that this processor and its operating system offer.
Isa best_isa();
bool supported(Isa isa);
const char* name(Isa isa);

// Whether it multiplies bytes in 512-bit registers (AVX-512 VNNI and BW), which Isa::avx512 alone does not promise.
bool has_vnni();

struct Cpu {
  Isa isa = best_isa();
  int threads = 1;  // OpenMP threads a kernel may use
};

// How the weights of a row of scores are found: with the largest score of all positions, or block after block with the
// largest so far, earlier sums being scaled down whenever it grows (Milakov and Gimelshein, 2018; FlashAttention).
enum class Softmax { two_pass, online };

// What the result of every operation of a block is rounded to; sums inside an operation stay fp32.
enum class Rounding { fp32, bf16, fp16 };

struct Numerics {
  int k_block = 256;                    // gemm sums over k in blocks of this length
  int position_block = 256;             // attention sums over positions in blocks of this length, a multiple of 16
  Softmax softmax = Softmax::two_pass;  // attention
  Rounding activations = Rounding::fp32;
  bool operator==(const Numerics&) const = default;
};

}  // namespace orrery::kernels
