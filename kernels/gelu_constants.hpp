// The polynomials of gelu.hpp, which the naive twin and the vectors share. Least squares on Chebyshev nodes in double.
#pragma once

namespace orrery::kernels {

// erf(z) / z in powers of z^2 on [0, 1].
inline constexpr float erf_low[] = {1.128379107e+00F, -3.761262596e-01F, 1.128359735e-01F, -2.685432881e-02F,
                                    5.189312156e-03F, -8.018855006e-04F, 7.882497448e-05F};
// ln(1 - erf(z)) in powers of z on [1, 4]; from 4 on erf is 1 in fp32.
inline constexpr float erf_high[] = {1.639865659e-04F, -1.129463553e+00F, -6.334507465e-01F, -1.081653759e-01F,
                                     2.504476532e-02F, -4.142460879e-03F, 4.284966271e-04F,  -2.057275196e-05F};

inline constexpr float half_root = 0.707106781F;         // 1 / sqrt 2
inline constexpr float minus_twice_root = -1.59576912F;  // -2 sqrt(2 / pi)
inline constexpr float cubic = 0.044715F;

}  // namespace orrery::kernels
