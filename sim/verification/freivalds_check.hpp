// Freivalds' check of z = W x with a secret r: v = r^T W is computed once and kept, then v . x = r . z costs two dot
// products instead of a product. Exact over GF(2^32 - 5), where a wrong z passes with probability 1 / p; in floating
// point with a Gaussian r, where an error of norm F passes a tolerance t with probability erf(t / (sqrt(2) F)).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/gemm.hpp"
#include "sim/execution/rounding.hpp"
#include "sim/random.hpp"

namespace orrery::sim::verification::freivalds {

constexpr std::uint64_t field = 4294967291u;  // 2^32 - 5

// r and v over GF(p). A probe serves any number of checks as long as nobody else learns it.
struct FieldProbe {
  std::vector<std::uint32_t> r, v;
};
// Of `w` rows x cols; r uniform over the field, or over {0, 1} as in the first version of the algorithm.
FieldProbe field_probe(const execution::Int8Rows& w, Draw& draw, bool bits = false);
bool passes(const FieldProbe& probe, std::span<const std::int8_t> x, std::span<const std::int32_t> z);

struct GaussProbe {
  std::vector<double> r, v;
};
GaussProbe gauss_probe(const kernels::PackedMatrix& w, Draw& draw);
// r . z - v . x, the error of z along r.
double residual(const GaussProbe& probe, std::span<const float> x, std::span<const float> z);

}  // namespace orrery::sim::verification::freivalds
