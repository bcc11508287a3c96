// Compiles the file named by ORRERY_BODY once for each instruction set, so that a fast kernel is written once.
//
//   #define ORRERY_BODY "kernels/norm.body.hpp"
//   #include "kernels/foreach_isa.hpp"      // at file scope, once in a .cpp
//   ... by_isa(isa, ORRERY_EACH(function)) ...
//
// A body is included inside namespace orrery::kernels::{portable, avx2, avx512}, where the operations of vec.hpp on Vec
// are in scope, and marks each of its functions ORRERY_TARGET. Bodies call no function that lacks the mark (templates
// of the standard library among them): a shared copy compiled for wide registers could end up in the portable path. Nor
// do they hold OpenMP pragmas: the function that a compiler cuts out of a parallel region may lose the attribute.
// With ORRERY_VNNI defined the avx512 copy may multiply bytes, and its caller asks has_vnni() first.
// What takes or returns a Vec is marked ORRERY_INLINE: GCC 12 under the address sanitizer clears the upper lanes of a
// wide register (vzeroupper) in which a function is about to return its value.
#include <cmath>
#include <cstddef>

#include "kernels/cpu.hpp"
#include "kernels/vec.hpp"

#if defined(__clang__)
#define ORRERY_UNROLL _Pragma("unroll")
#define ORRERY_UNROLL_4 _Pragma("unroll 4")
#else
#define ORRERY_UNROLL _Pragma("GCC unroll 32")
#define ORRERY_UNROLL_4 _Pragma("GCC unroll 4")
#endif

#define ORRERY_INLINE ORRERY_TARGET __attribute__((always_inline)) inline

#define ORRERY_TARGET ORRERY_TARGET_portable
#define ORRERY_VECS 6  // how many Vec a register block may hold
namespace orrery::kernels::portable {
namespace {
#include ORRERY_BODY
}
}  // namespace orrery::kernels::portable
#undef ORRERY_TARGET
#undef ORRERY_VECS

#if defined(__x86_64__)
#define ORRERY_TARGET ORRERY_TARGET_avx2
#define ORRERY_VECS 6
namespace orrery::kernels::avx2 {
namespace {
#include ORRERY_BODY
}
}  // namespace orrery::kernels::avx2
#undef ORRERY_TARGET
#undef ORRERY_VECS

#if defined(ORRERY_VNNI)
#define ORRERY_TARGET ORRERY_TARGET_avx512vnni
#else
#define ORRERY_TARGET ORRERY_TARGET_avx512
#endif
#define ORRERY_VECS 24
namespace orrery::kernels::avx512 {
namespace {
#include ORRERY_BODY
}
}  // namespace orrery::kernels::avx512
#undef ORRERY_TARGET
#undef ORRERY_VECS
#define ORRERY_EACH(function) portable::function, avx2::function, avx512::function
#else
#define ORRERY_EACH(function) portable::function, portable::function, portable::function
#endif

namespace orrery::kernels {
namespace {
template <class Function>
Function by_isa(Isa isa, Function for_portable, Function for_avx2, Function for_avx512) {
  return isa == Isa::avx512 ? for_avx512 : isa == Isa::avx2 ? for_avx2 : for_portable;
}
}  // namespace
}  // namespace orrery::kernels
