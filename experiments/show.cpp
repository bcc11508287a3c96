#include "experiments/show.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace orrery::experiments {
namespace {

// Six digits; counts in full.
std::string spell(double x) {
  if (std::isnan(x)) return "-";
  if (x == std::floor(x) && std::fabs(x) < 1e15) return fmt::format("{:.0f}", x);
  return fmt::format("{:.6g}", x);
}

struct Line {
  std::string name;
  std::vector<std::string> cells;
  std::string unit;
  std::string what;
};

// Columns as wide as their widest cell; numbers to the right.
std::string table(const std::vector<Line>& lines) {
  std::size_t name = 0, unit = 0;
  std::vector<std::size_t> cells;
  for (const Line& line : lines) {
    name = std::max(name, line.name.size());
    unit = std::max(unit, line.unit.size());
    cells.resize(std::max(cells.size(), line.cells.size()));
    for (std::size_t i = 0; i < line.cells.size(); ++i) cells[i] = std::max(cells[i], line.cells[i].size());
  }
  std::string text;
  for (const Line& line : lines) {
    std::string row = fmt::format("{:{}}", line.name, name);
    for (std::size_t i = 0; i < line.cells.size(); ++i) row += fmt::format("  {:>{}}", line.cells[i], cells[i]);
    row += fmt::format("  {:{}}  {}", line.unit, unit, line.what);
    text += row.substr(0, row.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

// Every line of a text under the next, four columns in.
std::string indented(const std::string& text) {
  std::string lines = "\n    ";
  for (const char c : text) lines += c == '\n' ? std::string("\n    ") : std::string(1, c);
  return lines;
}

std::vector<double> defined(const StoredColumn& column) {
  std::vector<double> values;
  for (const double x : column.values) {
    if (!std::isnan(x)) values.push_back(x);
  }
  std::sort(values.begin(), values.end());
  return values;
}

Line metric_line(const StoredColumn& metric) {
  if (metric.values.size() == 1) return {metric.name, {spell(metric.values[0])}, metric.unit, metric.what};
  const std::vector<double> values = defined(metric);
  if (values.empty()) return {metric.name, {"-", "-", "-"}, metric.unit, metric.what};
  const std::size_t middle = (values.size() - 1) / 2;  // of an even count, the lower one: a value that was measured
  return {metric.name, {spell(values.front()), spell(values[middle]), spell(values.back())}, metric.unit, metric.what};
}

}  // namespace

std::string show_text(const StoredResults& r, int texts) {
  const auto count = [&](Status status) { return std::count(r.status.begin(), r.status.end(), status); };
  std::string text = fmt::format("{} (commit {}): {} of {} runs done, {} failed\n", r.program, r.commit,
                                 count(Status::done), r.id.size(), count(Status::failed));
  for (std::size_t i = 0; i < r.id.size(); ++i) {
    if (r.status[i] == Status::failed) text += fmt::format("failed {}: {}\n", r.id[i], r.reason[i]);
  }
  std::vector<Line> lines;
  if (r.id.size() > 1) lines.push_back({"metric", {"lowest", "median", "highest"}, "unit", ""});
  for (const StoredColumn& metric : r.metrics) lines.push_back(metric_line(metric));
  if (!r.metrics.empty()) text += "\n" + table(lines);
  for (std::size_t i = 0; i < std::min(r.texts.size(), static_cast<std::size_t>(texts)); ++i) {
    text += fmt::format("\ntext {}:{}\n", i, indented(r.texts[i]));
  }
  return text;
}

// In the order of a results file: what is not defined comes last, by name.
std::string metrics_text(const std::vector<sim::Metric>& metrics) {
  std::vector<sim::Metric> ordered = metrics;
  const auto undefined =
      std::stable_partition(ordered.begin(), ordered.end(), [](const sim::Metric& m) { return !std::isnan(m.value); });
  std::sort(undefined, ordered.end(), [](const sim::Metric& a, const sim::Metric& b) { return a.name < b.name; });
  std::vector<Line> lines;
  for (const sim::Metric& m : ordered) lines.push_back({m.name, {spell(m.value)}, m.unit, m.what});
  return table(lines);
}

}  // namespace orrery::experiments
