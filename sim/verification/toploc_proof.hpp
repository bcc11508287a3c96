// The proof of TOPLOC (Ong et al. 2025, arXiv 2501.16007; PrimeIntellect-ai/toploc, csrc/poly.cpp and ndd.cpp): the
// largest activations of a run of tokens as a polynomial over GF(65497).
//
// Prove: the k largest |values| and their positions in the flattened rows; the largest m <= 65497, m >= 2^15, modulo
// which the positions differ; the polynomial of degree k - 1 through (position mod m, bf16 bits). Bytes: m and k
// coefficients, 2 + 2 k.
// Check: the polynomial at the verifier's own k positions, against the verifier's own values: exponents that differ,
// and where they agree the difference of the 7-bit mantissas.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "kernels/tensor.hpp"

namespace orrery::sim::verification::toploc {

constexpr std::uint32_t prime = 65497;
constexpr std::uint32_t least_modulus = 1u << 15;

struct Proof {
  std::uint16_t modulus = 0;
  std::vector<std::uint16_t> coefficients;  // of x^0, x^1, ...
};

// The positions (row by row) and bf16 patterns of the k values of largest magnitude; of equal ones the first.
struct Top {
  std::vector<std::uint32_t> positions;
  std::vector<std::uint16_t> values;
};
Top top_k(kernels::ConstMatrixView rows, int k);

// What cannot be represented (NaNs with a pattern beyond the prime, positions that no modulus tells apart) gives the
// null proof: modulus 0, as the published prover does.
Proof prove(const Top& top);
std::uint16_t evaluate(const Proof& proof, std::uint32_t position);

struct Comparison {
  int compared = 0;
  int exponent_mismatches = 0;
  double mean_mantissa = 0;  // over agreeing exponents; 2^64 where none agrees, as published
  double median_mantissa = 0;
  double distance = 0;  // mean over all k of the steps between the bf16 values, each at most 128: our one number
};
// None: the proof is not one that a prover makes (wrong number of coefficients, modulus out of range, coefficients
// outside the field).
std::optional<Comparison> compare(const Proof& proof, const Top& own);

// At most 38 of 128 exponents differ, mean <= 10, median <= 8 (PrimeIntellect-ai/toploc-experiments).
bool accepts_as_published(const Comparison& comparison);

}  // namespace orrery::sim::verification::toploc
