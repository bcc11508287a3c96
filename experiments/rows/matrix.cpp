#include "experiments/rows/matrix.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "experiments/rows/row.hpp"

namespace orrery::experiments::rows {
namespace {

constexpr std::array<std::string_view, 8> detectors = {
    "toploc:published", "toploc",    "activation_difr", "activation_difr:uniform",
    "token_difr",       "freivalds", "redundancy",      "refereed"};

// What publications lead one to expect, a sign a detector: + sees it, - is blind to it, ? is to be measured. TOPLOC and
// its precisions: Ong et al. 2025; DiFR, its tokens and seeds: Karvonen et al. 2025; opened products and attention:
// CommitLLM; replicas that decode anew: Anderson 2004; bisection: Arun et al. 2025. That whoever does not count is
// blind to inflated counts is plain.
struct Line {
  std::string_view cheat, signs;
};
constexpr std::array<Line, 11> lines = {{{"random_output", "++++++++"},
                                         {"smaller_model", "++++++++"},
                                         {"layer_skip", "+++++?++"},  // if a block that was passed over is opened
                                         {"int4", "?+++++++"},
                                         {"int8", "-???++?+"},
                                         {"fp8_kv", "??+++-?+"},
                                         {"suffix_cheat", "+++++?++"},  // if one of the last blocks is opened
                                         {"cheap_decode", "----+-++"},
                                         {"wrong_seed", "----+-++"},
                                         {"wrong_temperature", "----+-++"},
                                         {"work_inflation", "----+---"}}};

struct Surprise {
  std::string_view detector;
  std::vector<std::string_view> cheats;
  std::string_view why;
};

const std::vector<Surprise>& surprises() {
  constexpr std::string_view recomputed =
      "replicas recompute the rows of the claimed text in one prefill and do not decode it anew: the rows are honest, "
      "tokens are never compared (token_difr compares them)";
  static const std::vector<Surprise> list = {
      {"toploc:published",
       {"suffix_cheat"},
       "the published limits lie far above what int4 weights in the last quarter do to this model's largest values; "
       "the calibrated threshold sees it"},
      {"activation_difr:uniform",
       {"smaller_model", "layer_skip", "suffix_cheat"},
       "one depth is drawn a claim and not a token, as a later token needs the keys of all earlier ones at its depth: "
       "a claim is caught with P(d >= c), here 1/2, 3/4 and 1/4, and T claims escape with (1 - P)^T"},
      {"activation_difr:uniform",
       {"fp8_kv"},
       "one threshold serves all depths, and the drift of mixed devices grows with depth: what the cache's rounding "
       "has done by the first checkpoint lies below it"},
      {"token_difr",
       {"int4", "int8", "fp8_kv", "suffix_cheat", "wrong_temperature"},
       "a claim has tens of tokens, of which such a cheat moves few: the publication takes hundreds for int4 and "
       "thousands for the cache"},
      {"redundancy", {"cheap_decode", "wrong_seed", "wrong_temperature"}, recomputed},
      {"refereed", {"cheap_decode", "wrong_seed", "wrong_temperature"}, recomputed},
      {"freivalds",
       {"int8"},
       "where w8a8 is agreed on, its own rounding of activations is the tolerance, wider than what int8 does; the "
       "exact integers of freivalds:int8 see it"},
  };
  return list;
}

const Surprise* surprise(const Measured& cell) {
  for (const Surprise& s : surprises()) {
    if (s.detector == cell.at.detector && std::find(s.cheats.begin(), s.cheats.end(), cell.cheat) != s.cheats.end())
      return &s;
  }
  return nullptr;
}

struct Count {
  int cells = 0, fine = 0;
};

}  // namespace

std::vector<Measured> measured_pairs() {
  using Table = sim::detection::DetectionTable;
  using Key = std::tuple<std::string, std::string, std::string, double, double>;
  const auto key = [](const Table::Entry& e) {
    return Key{e.at.model, e.at.population, e.at.detector, e.rows, e.temperature};
  };
  const std::vector<Table::Entry> entries = Table::embedded().entries();
  std::map<Key, Table::Rate> honest;
  for (const Table::Entry& e : entries) {
    if (e.share >= 1 && e.behaviour == "honest") honest[key(e)] = e.rate;
  }
  std::vector<Measured> list;
  for (const Table::Entry& e : entries) {
    if (e.share >= 1 && e.behaviour != "honest") list.push_back({e.at, e.behaviour, e.rate, honest.at(key(e))});
  }
  return list;
}

Expected expected(const Measured& cell) {
  // Exact integers are Freivalds' check where weights are agreed on as integers.
  const std::string_view name = cell.at.detector == "freivalds:int8" ? "freivalds" : std::string_view(cell.at.detector);
  const auto column = std::find(detectors.begin(), detectors.end(), name);
  const auto line = std::find_if(lines.begin(), lines.end(), [&](const Line& l) { return l.cheat == cell.cheat; });
  if (column == detectors.end() || line == lines.end()) return Expected::none;
  switch (line->signs[static_cast<std::size_t>(column - detectors.begin())]) {
    case '+':
      return Expected::sees;
    case '-':
      return Expected::blind;
    default:
      return Expected::measure;
  }
}

bool as_expected(const Measured& cell) {
  switch (expected(cell)) {
    // Nine in ten are rejected, and not because everybody is.
    case Expected::sees:
      return cell.apart() && cell.d.value() > 0.9;
    case Expected::blind:
      return !cell.apart();
    default:
      return true;
  }
}

std::string_view why(const Measured& cell) {
  const Surprise* found = as_expected(cell) ? nullptr : surprise(cell);
  return found ? found->why : std::string_view{};
}

Rows matrix_rows() {
  std::map<std::string, Count> counts;
  std::vector<const Surprise*> idle;
  for (const Surprise& s : surprises()) idle.push_back(&s);
  for (const Measured& cell : measured_pairs()) {
    const Expected e = expected(cell);
    if (e != Expected::sees && e != Expected::blind) continue;
    Count& count = counts[cell.at.detector];
    count.cells += 1;
    count.fine += as_expected(cell) || !why(cell).empty();
    if (!as_expected(cell)) std::erase(idle, surprise(cell));
  }
  Rows rows;
  for (const auto& [detector, count] : counts) {
    rows.push_back(
        {"M", fmt::format("{}: of its cells with an expectation, seen or not as expected, or explained", detector),
         static_cast<double>(count.cells), static_cast<double>(count.fine), 0, 0});
  }
  rows.push_back(
      {"M", "explanations of surprises that surprise nobody any more", 0, static_cast<double>(idle.size()), 0, 0});
  return rows;
}

}  // namespace orrery::experiments::rows
