// Asking for memory before it is needed.
#pragma once

#include <cstddef>

namespace orrery::sim::engine {

// Brings the line of the cache at `address`, which need not be valid. The empty statement says that this is an effect:
// without it GCC 12 takes a function that does nothing else for a pure one, and drops the calls of it.
[[gnu::always_inline]] inline void fetch_line(const void* address) {
  __builtin_prefetch(address);
  asm volatile("");
}

// The same for both ends of `bytes` of memory, which may straddle two lines.
[[gnu::always_inline]] inline void fetch_ends(const void* begin, std::size_t bytes) {
  fetch_line(begin);
  fetch_line(static_cast<const char*>(begin) + bytes - 1);
}

}  // namespace orrery::sim::engine
