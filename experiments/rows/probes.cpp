// Freivalds' check of a product with secret vectors: what it misses, over a field and in floating point.
#include <cmath>

#include <fmt/format.h>

#include "experiments/rows/row.hpp"
#include "experiments/rows/scene.hpp"
#include "sim/verification/freivalds_check.hpp"

namespace orrery::experiments::rows {
namespace {

namespace freivalds = sim::verification::freivalds;
namespace execution = sim::execution;
using sim::Draw;

constexpr int outputs = 12, inputs = 8;

kernels::Matrix random_rows(int rows, int cols, std::uint32_t which) {
  Draw draw(7, sim::Stream::test, which);
  kernels::Matrix x(rows, cols);
  for (float& v : x.span()) v = static_cast<float>(draw.normal());
  return x;
}

double half_width(double share, double count) { return 1.96 * std::sqrt(share * (1 - share) / count); }

// A wrong product and the right one, in integers.
struct Integers {
  execution::Int8Rows w = execution::to_int8_rows(random_rows(outputs, inputs, 201));
  execution::Int8Rows x = execution::to_int8_rows(random_rows(1, inputs, 202));
  std::vector<std::int32_t> z = execution::multiply(x, w);
};

// k rounds with probes of zeros and ones, against one wrong number, the worst case.
Row bits(const Integers& honest, int rounds) {
  std::vector<std::int32_t> wrong = honest.z;
  wrong[5] += 3;
  Draw draw(7, sim::Stream::verification, static_cast<std::uint32_t>(210 + rounds));
  constexpr int trials = 60'000;
  double missed = 0;
  for (int i = 0; i < trials; ++i) {
    bool passed = true;
    for (int k = 0; k < rounds; ++k)
      passed = freivalds::passes(freivalds::field_probe(honest.w, draw, true), honest.x.values, wrong) && passed;
    missed += passed;
  }
  const double expected = std::exp2(-rounds), half = half_width(expected, trials);
  return {"V1",     fmt::format("Freivalds over bits: a wrong product passes every one of {}", rounds),
          expected, missed / trials,
          half,     2 * half};
}

// The probe with these values of r; v is made from it as the verifier makes it.
freivalds::FieldProbe with_last(freivalds::FieldProbe probe, const execution::Int8Rows& w, std::uint32_t last) {
  const std::uint64_t p = freivalds::field, change = (last + p - probe.r.back()) % p;
  probe.r.back() = last;
  for (std::size_t c = 0; c < probe.v.size(); ++c) {
    const int weight = w.row(w.rows - 1)[c];
    const auto in_field = static_cast<std::uint64_t>(weight + static_cast<std::int64_t>(p)) % p;
    probe.v[c] = static_cast<std::uint32_t>((probe.v[c] + change * in_field) % p);
  }
  return probe;
}

// 1/p is too rare to be met by chance. With all of a probe's values fixed but the last, r z = v x is one linear
// equation in that value: of the field's p values exactly one passes. It is worked out, shown to pass, and thousands
// of others are shown not to: so many of p is the share.
Row whole_field(const Integers& honest) {
  std::vector<std::int32_t> wrong = honest.z;
  wrong[2] += 5;            // error 5 in one place,
  wrong[outputs - 1] -= 1;  // and 1 the other way in the last: passes where 5 r[2] = r[last]
  Draw draw(7, sim::Stream::verification, 220);
  const freivalds::FieldProbe probe = freivalds::field_probe(honest.w, draw);
  const auto root = static_cast<std::uint32_t>(std::uint64_t{5} * probe.r[2] % freivalds::field);
  double passed = freivalds::passes(with_last(probe, honest.w, root), honest.x.values, wrong);
  for (int i = 0; i < 50'000; ++i) {
    const auto other = static_cast<std::uint32_t>(draw.below(freivalds::field));
    if (other != root) passed += freivalds::passes(with_last(probe, honest.w, other), honest.x.values, wrong);
  }
  return {"V1",     "Freivalds over GF(2^32 - 5): share of the field that misses (one root; of 50,000 others none)",
          2.33e-10, passed / freivalds::field,
          0,        0.005e-10};
}

Row gaussian(double ratio, int probes, double expected) {
  const kernels::Matrix weights = random_rows(outputs, inputs, 203), x = random_rows(1, inputs, 204),
                        error = random_rows(1, outputs, 205);
  const kernels::PackedMatrix w(weights);
  double norm = 0;
  for (const float e : error.span()) norm += static_cast<double>(e) * e;
  std::vector<float> z;
  for (int r = 0; r < outputs; ++r) {
    double sum = 0;
    for (int i = 0; i < inputs; ++i) sum += static_cast<double>(weights(r, i)) * x(0, i);
    z.push_back(static_cast<float>(sum + error(0, r)));
  }
  Draw draw(7, sim::Stream::verification, static_cast<std::uint32_t>(230 + 1000 * ratio + probes));
  const double tolerance = ratio * std::sqrt(norm);
  const int trials = probes > 1 ? 400'000 : 200'000;
  double missed = 0;
  for (int i = 0; i < trials; ++i) {
    bool passed = true;
    // The first finding ends it.
    for (int k = 0; k < probes && passed; ++k)
      passed = std::fabs(freivalds::residual(freivalds::gauss_probe(w, draw), x.span(), z)) <= tolerance;
    missed += passed;
  }
  const double half = half_width(expected, trials);
  return {"V2",
          fmt::format("Freivalds in floating point: an error of norm F passes {} Gaussian probe{} at t/F = {}", probes,
                      probes > 1 ? "s" : "", ratio),
          expected,
          missed / trials,
          half,
          2 * half};
}

}  // namespace

Rows probe_rows() {
  const Integers honest;
  return {bits(honest, 1),       bits(honest, 2),        bits(honest, 5),          whole_field(honest),
          gaussian(1, 1, .6827), gaussian(.1, 1, .0797), gaussian(.1, 3, 5.05e-4), gaussian(.01, 1, .00798)};
}

}  // namespace orrery::experiments::rows
