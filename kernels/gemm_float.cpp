// gemm's tiles for fp32 and bf16 weights, once for each instruction set.
#include "kernels/gemm_path.hpp"
#include "kernels/vec_bytes.hpp"

#define ORRERY_BODY "kernels/gemm.body.hpp"
#include "kernels/foreach_isa.hpp"

namespace orrery::kernels {

GemmPath gemm_float_path(Isa isa, bool bf16) {
  return bf16 ? by_isa(isa, ORRERY_EACH(bf16_path)) : by_isa(isa, ORRERY_EACH(fp32_path));
}

}  // namespace orrery::kernels
