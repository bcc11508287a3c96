#include "sim/engine/pages.hpp"

#include <cstdlib>
#include <new>

#include <sys/mman.h>

namespace orrery::sim::engine {

void* allocate_pages(std::size_t bytes) {
  const std::size_t alignment = bytes >= huge_page ? huge_page : 64;
  const std::size_t rounded = (bytes + alignment - 1) / alignment * alignment;
  void* memory = std::aligned_alloc(alignment, rounded);
  if (memory == nullptr) throw std::bad_alloc();
  // Advice: where it is not taken, the pages are small and everything works as before.
  if (bytes >= huge_page) madvise(memory, rounded, MADV_HUGEPAGE);
  return memory;
}

void free_pages(void* memory) noexcept { std::free(memory); }

}  // namespace orrery::sim::engine
