#include "kernels/workspace.hpp"

#include <algorithm>

namespace orrery::kernels {

Workspace::Workspace(Cpu cpu_choice, Numerics numerics_choice) : cpu(cpu_choice), numerics(numerics_choice) {
  EXPECT(supported(cpu.isa));
  EXPECT(cpu.threads >= 1);
  EXPECT(numerics.k_block >= 1 && numerics.k_block <= 1 << 20);  // sums of it and a position fit in int
  EXPECT(numerics.position_block >= 16 && numerics.position_block % 16 == 0 && numerics.position_block <= 1 << 20);
}

float* Workspace::take(std::size_t count) {
  const std::size_t need = (count + 15) / 16 * 16;  // keeps the next piece on a cache line of its own
  while (chunk_ < chunks_.size() && used_ + need > chunks_[chunk_].size) ++chunk_, used_ = 0;
  if (chunk_ == chunks_.size()) {
    const std::size_t size = std::max<std::size_t>({need, 4096, chunks_.empty() ? 0 : 2 * chunks_.back().size});
    chunks_.push_back({allocate_floats(size), size});
  }
  float* piece = chunks_[chunk_].data.get() + used_;
  used_ += need;
  return piece;
}

MatrixView Workspace::Scope::matrix(int rows, int cols) {
  EXPECT(rows >= 0 && cols >= 0);
  // Rows start on cache lines of their own.
  const std::ptrdiff_t stride = (static_cast<std::ptrdiff_t>(cols) + 15) / 16 * 16;
  return {take(static_cast<std::size_t>(rows * stride)), rows, cols, stride};
}

}  // namespace orrery::kernels
