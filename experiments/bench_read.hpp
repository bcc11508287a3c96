// How fast this core reads memory: the bound of every product with few rows.
#pragma once

#include <cstddef>
#include <span>

#include "kernels/packed.hpp"

namespace orrery::experiments {

// Reads everything once, in 1, 2, 4 or 8 streams side by side, and does nothing else. Floats, 64-byte aligned.
void read_memory(const void* data, std::size_t bytes, int streams);

// How much longer one thread reads all of `memory` than the longer of two that share it: what a decode, which reads its
// weights once, can gain at most from a second thread.
double reading_gain(std::span<const kernels::PackedMatrix> memory);

}  // namespace orrery::experiments
