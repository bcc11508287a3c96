#include "experiments/bench_read.hpp"

#include "experiments/bench_table.hpp"
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

double reading_gain(std::span<const kernels::PackedMatrix> memory) {
  const auto read = [&](int threads) {
    return longest_thread_cpu_s(threads, [&] {
      for (const kernels::PackedMatrix& each : memory) {
        const std::size_t part = each.bytes() / static_cast<std::size_t>(threads);
#pragma omp parallel for num_threads(threads) schedule(static)
        for (int t = 0; t < threads; ++t) read_memory(each.data() + static_cast<std::size_t>(t) * part, part, 4);
      }
    });
  };
  const double one = read(1);
  return one / read(2);
}

}  // namespace orrery::experiments
