#include "sim/verification/evidence_cost.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/contract.hpp"
#include "sim/verification/merkle.hpp"

namespace orrery::sim::verification::evidence_cost {

double hashing_s(Bytes bytes) { return units.hashed_byte * bytes.value(); }

double tree_s(double leaves) {
  EXPECT(leaves >= 1);
  return units.hashed_pair * (std::exp2(merkle_height(static_cast<std::size_t>(leaves))) - 1);
}

double row_tree_s(double rows, int width) { return hashing_s(Bytes(4.0 * rows * width)) + tree_s(std::max(1.0, rows)); }

double path_s(int height) { return units.hashed_pair * height; }

double fitting_s(double values, double proofs, double k) {
  return units.scanned_value * values + units.fitted_square * proofs * k * k;
}

double evaluating_s(double values, double proofs, double k) {
  return units.scanned_value * values + units.evaluated_term * proofs * k * k;
}

double projecting_s(double k, double rows, int width) {
  return k * width * (units.drawn_normal + units.projected_term * rows);
}

double inner_products_s(double terms, bool over_field) {
  return terms * (over_field ? units.field_term : units.real_term);
}

double writing_s(double values) { return units.written_value * values; }
double comparing_s(double values) { return units.compared_value * values; }
double proof_of_draw_s() { return units.drawn_proof; }

}  // namespace orrery::sim::verification::evidence_cost
