// Weights in fewer bits under TOPLOC's published limits, and audits of one depth a claim, as they were measured.
#include <cmath>

#include <fmt/format.h>

#include "data/facts.hpp"
#include "experiments/rows/matrix.hpp"
#include "experiments/rows/row.hpp"
#include "experiments/rows/scene.hpp"
#include "sim/detection/table.hpp"
#include "sim/execution/tape.hpp"
#include "sim/numerics.hpp"
#include "sim/verification/toploc_proof.hpp"

namespace orrery::experiments::rows {
namespace {

namespace toploc = sim::verification::toploc;

// An independent measurement on Qwen2.5-3B (int8 against bf16: mantissas off by 0.95 on average, limit 10; int4 against
// int8: 10.66, 9.38 and 8.92 at 32, 64 and 128 tokens a proof) says that int8 passes by a wide margin and int4 lies on
// the border; that is an inference from averages. TOPLOC's abstract says that every change of precision was found.
Rows acceptance(const Measured& cell) {
  const std::string& who = cell.at.population;
  const double rejected = cell.d.value();
  const auto range = cell.d_range();
  const double half = (range.high - range.low) / 2;
  // "Passes" and "is found" are nine in ten, which the interval must not exclude.
  if (cell.at.detector == "toploc:published" && cell.cheat == "int8") {
    return {{"V3", fmt::format("TOPLOC, published limits: requests with int8 weights that {} devices accept", who), 1,
             1 - rejected, half, 0.1 + rejected - range.low}};
  }
  if (cell.at.detector == "toploc" && cell.cheat == "int4") {
    return {{"V3", fmt::format("TOPLOC, calibrated: requests with int4 weights that {} devices reject", who), 1,
             rejected, half, 0.1 + range.high - rejected}};
  }
  return {};
}

// The embedded model's last rows over texts, held in full and in fewer bits: what a proof of 32 tokens says of them.
struct Distances {
  Mean exponents, mantissas;  // over proofs
};

Distances distances(sim::Weights weights) {
  using sim::execution::Tape;
  sim::execution::BlockStore store(kernels::model::Model::open_bytes(
      data::fact("model/config.json"), data::fact("model/model.safetensors"), data::fact("model/tokenizer.json")));
  kernels::Workspace workspace;
  const auto corpus = store.model().tokenizer()->encode(data::fact("model/heldout.txt").substr(0, 4000));
  constexpr int positions = 64, run = 32;
  const sim::BlockSpan all{0, store.model().config().layers};
  Distances found;
  for (std::size_t text = 0; (text + 1) * positions <= corpus.size() && text < 8; ++text) {
    const auto tokens = std::span(corpus).subspan(text * positions, positions);
    const kernels::Matrix input = kernels::model::embed(store.embedding(), tokens);
    const sim::Draw none(7, sim::Stream::test, 0);
    Tape full(store, workspace, all, 0, positions, {}), reduced(store, workspace, all, 0, positions, {});
    full.run({}, input, none);
    reduced.run({.cheap = {.weights = weights}, .cheap_from = 0}, input, none);
    for (int at = 0; at < positions; at += run) {
      const auto top = [&](const Tape& tape) { return toploc::top_k(tape.tap(all.size()).slice_rows(at, run), 128); };
      const toploc::Comparison c = *toploc::compare(toploc::prove(top(reduced)), top(full));
      found.exponents.add(c.exponent_mismatches);
      found.mantissas.add(c.mean_mantissa);
    }
  }
  return found;
}

// How far below its limits the published rule stays on average: between 0 and `part` of each of them.
Rows margins(const char* name, sim::Weights weights, double part, const char* elsewhere) {
  const Distances d = distances(weights);
  const double exponents = 38 * part / 2, mantissas = 10 * part / 2;
  return {
      {"V3", fmt::format("TOPLOC, {} weights: exponents of 128 that differ, 0 to {} ({})", name, 38 * part, elsewhere),
       exponents, d.exponents.value(), d.exponents.half_width(), exponents},
      {"V3", fmt::format("TOPLOC, {} weights: mean distance of mantissas, 0 to {}", name, 10 * part), mantissas,
       d.mantissas.value(), d.mantissas.half_width(), mantissas}};
}

// Whole claims are caught with P(d >= c): the part of four checkpoints that lies behind the first changed block.
Rows depths(const Measured& cell) {
  // Draws are the same among all populations: one of them has all the news.
  if (cell.at.detector != "activation_difr:uniform" || cell.at.population != "mixed") return {};
  double behind = 0;
  if (cell.cheat == "suffix_cheat") behind = 0.25;
  if (cell.cheat == "smaller_model") behind = 0.5;
  if (cell.cheat == "layer_skip") behind = 0.75;
  if (behind == 0) return {};
  const double half = 1.96 * std::sqrt(behind * (1 - behind) / static_cast<double>(cell.d.trials));
  return {{"V5",
           fmt::format("measured: one random depth a claim: {} rejected by {} devices, P(d >= c) = {}", cell.cheat,
                       cell.at.population, behind),
           behind, cell.d.value(), half, 1.5 * half}};
}

// Drift inside every tolerance: honest devices that sum in another order. Whoever compares exactly rejects each pair of
// unlike ones, of n devices that take turns 1 - 1/n of all pairs.
Rows drifts() {
  Rows rows;
  for (const sim::detection::DetectionTable::Entry& e : sim::detection::DetectionTable::embedded().entries()) {
    if (e.share < 1 || e.behaviour != "honest" || e.at.detector != "refereed") continue;
    const sim::Population& population = sim::population(e.at.population, "rows");
    if (population.agreed == sim::Weights::w8a8) continue;  // sums of integers have no order
    const auto devices = static_cast<double>(population.members.size());
    const double unlike = 1 - 1 / devices;
    const double half = 1.96 * std::sqrt(unlike * (1 - unlike) / static_cast<double>(e.rate.trials));
    rows.push_back({"V11",
                    fmt::format("bisection: honest requests that {} devices lose to each other, 1 - 1/{}",
                                e.at.population, devices),
                    unlike, e.rate.value(), half, 1.5 * half});
  }
  return rows;
}

}  // namespace

Rows precision_rows() {
  Rows rows;
  // "Wide" is half of a limit.
  for (Row& row : margins("int8", sim::Weights::int8, 0.5, "2.7 and 0.95 on Qwen2.5-3B"))
    rows.push_back(std::move(row));
  for (Row& row : margins("int4", sim::Weights::int4, 1, "20 and 10.66 on Qwen2.5-3B, on the border"))
    rows.push_back(std::move(row));
  for (Row& row : drifts()) rows.push_back(std::move(row));
  for (const Measured& cell : measured_pairs()) {
    for (Rows (*part)(const Measured&) : {acceptance, depths}) {
      for (Row& row : part(cell)) rows.push_back(std::move(row));
    }
  }
  return rows;
}

}  // namespace orrery::experiments::rows
