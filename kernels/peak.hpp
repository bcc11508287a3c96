// What this processor can do at best, for benchmarks to measure themselves against: pure arithmetic and pure reading.
// Both do a stated amount of work and know no clock.
#pragma once

#include <cstddef>
#include <span>

#include "kernels/cpu.hpp"

namespace orrery::kernels {

// `rounds` times a fused multiply-add on each register of a full block; gives the flops done.
double fma_flops(Isa isa, int rounds);

// Reads all of `data` front to back as `streams` equal parts side by side; gives the bytes read. data.size() is a
// multiple of 64 * streams, 1 <= streams <= 8.
double read_bytes(Isa isa, std::span<const float> data, int streams);

}  // namespace orrery::kernels
