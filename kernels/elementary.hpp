// Elementary functions whose bits no C library decides: glibc picks another expf on a processor without FMA.
#pragma once

namespace orrery::kernels {

// e^x, relative error <= 2 ulp for x in [-86.5, 88.72283]; 0 below, +infinity above, NaN for NaN. The vector form
// (exp.body.hpp) gives the same bits. Method: x = n ln 2 + r, a polynomial of degree 7 in r (Moshier, Cephes), scaled.
float exp_fp32(float x);

namespace exact {

// Double arithmetic from +, *, / alone, for tables: relative error below 1e-14, far finer than the fp32 they end in.
// |x| <= 2^19 for sine and cosine, |x| <= 700 for exp, x > 0 for log.
double sin(double x);
double cos(double x);
double exp(double x);
double log(double x);

}  // namespace exact
}  // namespace orrery::kernels
