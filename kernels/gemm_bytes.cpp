// gemm's tiles for int8 and int4 weights, once for each instruction set.
#include "kernels/gemm_path.hpp"
#include "kernels/vec_bytes.hpp"

#define ORRERY_BODY "kernels/gemm_bytes.body.hpp"
#define ORRERY_VNNI
#include "kernels/foreach_isa.hpp"

namespace orrery::kernels {

GemmPath gemm_bytes_path(Isa isa, bool int4) {
  // AVX-512 before Cascade Lake and Zen 4 has no byte products: AVX2 has the same bits.
  if (isa == Isa::avx512 && !has_vnni()) isa = Isa::avx2;
  return int4 ? by_isa(isa, ORRERY_EACH(bytes_path<true>)) : by_isa(isa, ORRERY_EACH(bytes_path<false>));
}

}  // namespace orrery::kernels
