#include "kernels/peak.hpp"

#include "kernels/contract.hpp"

#define ORRERY_BODY "kernels/peak.body.hpp"
#include "kernels/foreach_isa.hpp"

namespace orrery::kernels {

double fma_flops(Isa isa, int rounds) { return by_isa(isa, ORRERY_EACH(fma_flops))(rounds); }

double read_bytes(Isa isa, std::span<const float> data, int streams) {
  EXPECT(streams >= 1 && streams <= 8 && data.size() % (64U * static_cast<unsigned>(streams)) == 0);
  return by_isa(isa, ORRERY_EACH(read_streams))(data.data(), static_cast<std::ptrdiff_t>(data.size()), streams);
}

}  // namespace orrery::kernels
