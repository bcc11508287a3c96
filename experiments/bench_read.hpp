// How fast this core reads memory: the bound of every product with few rows.
#pragma once

#include <cstddef>

namespace orrery::experiments {

// Reads everything once, in 1, 2, 4 or 8 streams side by side, and does nothing else. Floats, 64-byte aligned.
void read_memory(const void* data, std::size_t bytes, int streams);

}  // namespace orrery::experiments
