#include "kernels/pages.hpp"

#include <cstdint>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace orrery::kernels {

void prefer_huge_pages(void* memory, std::size_t bytes) {
#if defined(MADV_HUGEPAGE)
  constexpr std::uintptr_t huge = 2U << 20U;
  const auto first = (reinterpret_cast<std::uintptr_t>(memory) + huge - 1) / huge * huge;
  const auto last = (reinterpret_cast<std::uintptr_t>(memory) + bytes) / huge * huge;
  if (first < last) madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
#else
  static_cast<void>(memory), static_cast<void>(bytes);
#endif
}

}  // namespace orrery::kernels
