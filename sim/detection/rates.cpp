#include "sim/detection/rates.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace orrery::sim::detection {
namespace {

constexpr double undefined = std::numeric_limits<double>::quiet_NaN();

std::vector<double> values(const std::vector<Score>& scores) {
  std::vector<double> list;
  // Whatever is malformed is rejected, so it is worse than any score.
  for (const Score& s : scores) list.push_back(s.malformed ? std::numeric_limits<double>::infinity() : s.value);
  return list;
}

// Honest sequences: those that a threshold is calibrated on come first.
std::size_t calibrating(const std::vector<Score>& honest) { return honest.size() / 2; }

Cell new_cell(const Sample& sample, const std::string& detector, const std::vector<Score>& scores) {
  Cell cell{sample.population, sample.behaviour, detector, sample.blocks};
  cell.score_median = median(values(scores));
  return cell;
}

void count(Cell& cell, const Score& score, bool rejected) {
  ++cell.trials;
  cell.rejected += rejected ? 1 : 0;
  cell.malformed += score.malformed ? 1 : 0;
}

}  // namespace

std::vector<Cell> rates(const std::vector<Sample>& samples, const Plan& plan, double fpr) {
  const auto protocols = make_protocols(plan);
  std::vector<Cell> cells;
  const Sample* honest = nullptr;
  for (const Sample& sample : samples) {
    if (sample.behaviour == "honest") honest = &sample;
    EXPECT(honest && honest->population == sample.population && honest->blocks == sample.blocks);
    for (std::size_t p = 0; p < protocols.size(); ++p) {
      const std::vector<Score>& scores = sample.scores[p];
      if (scores.empty()) continue;
      const std::vector<Score>& reference = honest->scores[p];
      const std::vector<double> known = values(reference);
      const std::size_t half = calibrating(reference);
      const double threshold = protocols[p]->threshold().value_or(
          conformal_threshold({known.begin(), known.begin() + static_cast<std::ptrdiff_t>(half)}, fpr));
      Cell cell = new_cell(sample, protocols[p]->detector(), scores);
      cell.threshold = threshold;
      Cell published = new_cell(sample, protocols[p]->detector() + ":published", scores);
      published.threshold = undefined;
      const bool is_honest = &sample == honest;
      for (std::size_t i = is_honest ? half : 0; i < scores.size(); ++i) {
        count(cell, scores[i], scores[i].malformed || !(scores[i].value <= threshold));
        if (scores[i].published >= 0) count(published, scores[i], scores[i].published == 0);
      }
      if (!is_honest) cell.auc = published.auc = area_under_roc(known, values(scores));
      cells.push_back(cell);
      if (published.trials > 0) cells.push_back(published);
    }
  }
  return cells;
}

}  // namespace orrery::sim::detection
