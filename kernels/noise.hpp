// Standard normal numbers that depend on where they stand and on nothing else: no generator is kept, so that images can
// be drawn in any order, on any number of threads and ranks.
//
// Numbers 4 b .. 4 b + 3 of (seed, item, step) come from one Philox4x32-10 block (Salmon et al., SC'11) with the key
// seed and the counter (b, step, item), by Box and Muller from its words w:
//   r = sqrt(-2 ln((w_0 + 1/2) 2^-32)),  a = 2 pi w_1 2^-32,  n_0 = r cos a,  n_1 = r sin a;  n_2, n_3 from w_2, w_3.
// Sine, cosine and logarithm are elementary.hpp's in double, so the bits are no C library's. |n| <= 6.77.
// Cost: about 0.2 us a number.
#pragma once

#include <cstdint>
#include <span>

namespace orrery::kernels {

// Fills out with numbers 0 .. out.size() - 1; out.size() <= 2^34.
void normal_noise(std::uint64_t seed, std::uint64_t item, std::uint32_t step, std::span<float> out);

}  // namespace orrery::kernels
