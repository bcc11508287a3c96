#include "experiments/bench_read.hpp"

#include "kernels/contract.hpp"

#define ORRERY_BODY "experiments/bench_read.body.hpp"
#include "kernels/foreach_isa.hpp"

namespace orrery::kernels {
namespace {

template <int streams>
float read(const float* data, std::size_t count) {
  return by_isa(best_isa(), ORRERY_EACH(read_streams<streams>))(data, count);
}

}  // namespace
}  // namespace orrery::kernels

namespace orrery::experiments {

void read_memory(const void* data, std::size_t bytes, int streams) {
  EXPECT(streams == 1 || streams == 2 || streams == 4 || streams == 8);
  const auto* floats = static_cast<const float*>(data);
  const std::size_t count = bytes / sizeof(float);
  volatile float sink = streams == 1   ? kernels::read<1>(floats, count)
                        : streams == 2 ? kernels::read<2>(floats, count)
                        : streams == 4 ? kernels::read<4>(floats, count)
                                       : kernels::read<8>(floats, count);
  static_cast<void>(sink);
}

}  // namespace orrery::experiments
