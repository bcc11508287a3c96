#include "kernels/cpu.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace orrery::kernels {
namespace {

#if defined(__x86_64__)
// Conversion of halves, which Clang 14 does not know to ask for by name. Its registers are AVX's.
bool has_f16c() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_F16C) != 0;
}
#endif

}  // namespace

bool supported(Isa isa) {
#if defined(__x86_64__)
  // __builtin_cpu_supports also asks the operating system whether it saves the wide registers.
  if (isa == Isa::avx2) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && has_f16c();
  if (isa == Isa::avx512) return __builtin_cpu_supports("avx512f") && supported(Isa::avx2);
#endif
  return isa == Isa::portable;
}

Isa best_isa() {
  static const Isa best = supported(Isa::avx512) ? Isa::avx512 : supported(Isa::avx2) ? Isa::avx2 : Isa::portable;
  return best;
}

bool has_vnni() {
#if defined(__x86_64__)
  static const bool has =
      supported(Isa::avx512) && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vnni");
  return has;
#else
  return false;
#endif
}

const char* name(Isa isa) {
  switch (isa) {
    case Isa::portable:
      return "portable";
    case Isa::avx2:
      return "avx2";
    case Isa::avx512:
      return "avx512";
  }
  return "unknown";
}

}  // namespace orrery::kernels
