// Large arrays on huge pages, where the operating system has them: a stream of weights reads up to 1.7 times as fast
// (measured on 2 vCPUs of an EPYC, 18 and 31 GB/s), because it looks up an address every 2 MB instead of every 4 KB.
#pragma once

#include <cstddef>

namespace orrery::kernels {

// Asks for huge pages for as much of the memory as they fit in. A wish: where it is not granted only speed is lost.
// To be asked before the memory is written for the first time.
void prefer_huge_pages(void* memory, std::size_t bytes);

}  // namespace orrery::kernels
