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

struct Numerics {
  int k_block = 256;  // gemm sums over k in blocks of this length
};

}  // namespace orrery::kernels
