// Work on rows that do not touch one another, on the threads of a Cpu. Each row is one thread's, so that its bits do
// not depend on how many there are.
#pragma once

#include "kernels/cpu.hpp"

namespace orrery::kernels {

// Calls work(r) for each of `rows` rows of `cols` numbers. Few numbers are one thread's: a second costs some 10 us.
template <class Work>
void each_row(const Cpu& cpu, int rows, int cols, const Work& work) {
  const int threads = static_cast<double>(rows) * cols < 1e5 ? 1 : cpu.threads;
#pragma omp parallel for num_threads(threads) schedule(static) if (threads > 1)
  for (int r = 0; r < rows; ++r) work(r);
}

}  // namespace orrery::kernels
