#include "sim/verification/freivalds_check.hpp"

namespace orrery::sim::verification::freivalds {
namespace {

std::uint64_t to_field(std::int64_t x) {
  const auto p = static_cast<std::int64_t>(field);
  return static_cast<std::uint64_t>(((x % p) + p) % p);
}

template <class T>
std::uint64_t dot(std::span<const std::uint32_t> a, std::span<const T> b) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum = (sum + a[i] * to_field(b[i]) % field) % field;
  return sum;
}

}  // namespace

FieldProbe field_probe(const execution::Int8Rows& w, Draw& draw, bool bits) {
  FieldProbe probe;
  for (int r = 0; r < w.rows; ++r) probe.r.push_back(static_cast<std::uint32_t>(draw.below(bits ? 2 : field)));
  std::vector<std::uint64_t> v(static_cast<std::size_t>(w.cols), 0);
  for (int r = 0; r < w.rows; ++r) {
    const std::uint64_t weight = probe.r[static_cast<std::size_t>(r)];
    for (std::size_t c = 0; c < v.size(); ++c) v[c] = (v[c] + weight * to_field(w.row(r)[c])) % field;
  }
  probe.v.assign(v.begin(), v.end());
  return probe;
}

bool passes(const FieldProbe& probe, std::span<const std::int8_t> x, std::span<const std::int32_t> z) {
  EXPECT(probe.v.size() == x.size() && probe.r.size() == z.size());
  return dot<std::int8_t>(probe.v, x) == dot<std::int32_t>(probe.r, z);
}

GaussProbe gauss_probe(const kernels::PackedMatrix& w, Draw& draw) {
  GaussProbe probe;
  probe.v.assign(static_cast<std::size_t>(w.k()), 0.0);
  for (int c = 0; c < w.n(); ++c) {
    const double r = draw.normal();
    probe.r.push_back(r);
    for (int i = 0; i < w.k(); ++i) probe.v[static_cast<std::size_t>(i)] += r * w.at(c, i);
  }
  return probe;
}

double residual(const GaussProbe& probe, std::span<const float> x, std::span<const float> z) {
  EXPECT(probe.v.size() == x.size() && probe.r.size() == z.size());
  double claimed = 0, expected = 0;
  for (std::size_t i = 0; i < z.size(); ++i) claimed += probe.r[i] * z[i];
  for (std::size_t i = 0; i < x.size(); ++i) expected += probe.v[i] * x[i];
  return claimed - expected;
}

}  // namespace orrery::sim::verification::freivalds
