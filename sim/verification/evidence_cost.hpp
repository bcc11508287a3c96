// What it takes to make and to check evidence, in seconds of one core: hashes, polynomials, projections, inner
// products, proofs of having been drawn. The protocols' own code on random data, measured by `orrery bench evidence` on
// one core of an AVX-512 server at about 3 GHz; there the rows of this table stand beside those of the machine that it
// runs on.
//
// Devices of a swarm are charged the same seconds, whatever they are: evidence is made by the processor of the host and
// not by the accelerator. The product with the model's head, which `cdv` and `token_difr` need for logits, is the
// accelerator's and not in here.
#pragma once

#include "sim/units.hpp"

namespace orrery::sim::verification::evidence_cost {

// Seconds of one unit each.
struct Units {
  double hashed_byte = 2.7e-9;      // SHA-256 of libsodium, a long message
  double hashed_pair = 4.2e-7;      // an inner node of a Merkle tree: 65 bytes, and its place in the tree
  double scanned_value = 5.3e-9;    // top-k of |values|, k much smaller than their number (toploc::top_k)
  double fitted_square = 2.9e-8;    // of k^2: divided differences over GF(65497), and the product multiplied out
  double evaluated_term = 6.3e-9;   // Horner's step over GF(65497)
  double drawn_normal = 3.8e-8;     // a Gaussian number of a public matrix
  double projected_term = 0.8e-9;   // multiplied and added, in doubles
  double real_term = 0.7e-9;        // of Freivalds' inner products, in doubles
  double field_term = 3.5e-9;       // the same over GF(2^32 - 5)
  double written_value = 0.85e-9;   // of a row, into a message as bf16
  double compared_value = 1.15e-9;  // of a row, read from a message, in distances of two rows
  double likely_value = 7.5e-9;     // a logit: softmax, and the search for the most likely tokens
  double gumbel_value = 2.7e-8;     // a logit with its Gumbel noise
  double written_message = 1.9e-8;  // a message of a few bytes
  double signature = 1.5e-5;        // Ed25519
  double checked_signature = 4.5e-5;
  double drawn_proof = 2.6e-4;  // ECVRF-EDWARDS25519-SHA512-TAI
  double checked_draw = 4.6e-4;
};
inline constexpr Units units{};

double hashing_s(Bytes bytes);
// Of rows that are leaves, `width` fp32 values each, and the tree over them.
double row_tree_s(double rows, int width);
// The inner nodes over `leaves` >= 1 hashes, filled up to a power of two.
double tree_s(double leaves);
double path_s(int height);
// TOPLOC proofs of the k largest of `values` that they share: made by fitting, checked at k positions of one's own
// each.
double fitting_s(double values, double proofs, double k);
double evaluating_s(double values, double proofs, double k);
// `rows` of `width` values on k random directions, whose matrix is drawn anew.
double projecting_s(double k, double rows, int width);
double inner_products_s(double terms, bool over_field);
double writing_s(double values);
double comparing_s(double values);
// What a drawn verifier does beside its work: it proves its draw, which whoever ordered the audit checks. One for each
// audit; a draw that serves an epoch (sim/ledger/sortition.hpp) costs less.
double proof_of_draw_s();

}  // namespace orrery::sim::verification::evidence_cost
