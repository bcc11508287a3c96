#include "experiments/columns.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

namespace orrery::experiments {
namespace {
constexpr double missing = std::numeric_limits<double>::quiet_NaN();
}

Filled& Columns::filled(const std::string& name, const std::string& unit, const std::string& what, std::size_t size) {
  const auto [found, added] = index_.try_emplace(name, list_.size());
  if (added) list_.push_back({name, unit, what, {}});
  Filled& column = list_[found->second];
  if (column.values.size() < size) column.values.resize(size, missing);
  return column;
}

void Columns::values(const std::string& name, const std::string& unit, const std::string& what, std::size_t first,
                     std::span<const double> cells) {
  Filled& column = filled(name, unit, what, first + cells.size());
  std::copy(cells.begin(), cells.end(), column.values.begin() + static_cast<std::ptrdiff_t>(first));
  const bool any = std::any_of(cells.begin(), cells.end(), [](double x) { return !std::isnan(x); });
  if (column.rank == 0 && any) column.rank = next_rank_++;
}

void Columns::point(std::size_t row, const Point& p) {
  Filled& column = filled(p.key, p.unit, p.what, row + 1);
  column.axis = p.axis;
  column.values[row] = p.value;
  if (column.rank == 0) column.rank = next_rank_++;
  if (p.label.empty()) return;
  column.labels.resize(row + 1);
  column.labels[row] = p.label;
}

std::vector<const Filled*> Columns::finish(std::size_t size) {
  std::vector<const Filled*> all;
  for (Filled& column : list_) {
    column.values.resize(size, missing);
    if (!column.labels.empty()) column.labels.resize(size);
    all.push_back(&column);
  }
  std::sort(all.begin(), all.end(), [](const Filled* a, const Filled* b) {
    return std::tuple(a->rank == 0, a->rank, a->name) < std::tuple(b->rank == 0, b->rank, b->name);
  });
  return all;
}

}  // namespace orrery::experiments
