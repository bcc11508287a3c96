#include "experiments/sweep/diff.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include <fmt/format.h>

#include "experiments/sweep/welch.hpp"

namespace orrery::experiments::sweep {
namespace {

constexpr std::size_t most_lines = 40;

using Samples = std::map<std::string, std::vector<double>>;  // metric -> values of the finished replicas

const StoredColumn* column(const std::vector<StoredColumn>& columns, const std::string& name) {
  const auto found =
      std::find_if(columns.begin(), columns.end(), [&](const StoredColumn& c) { return c.name == name; });
  return found == columns.end() ? nullptr : &*found;
}

// As a share of the larger one.
double relative(double a, double b) {
  if (a == b || (std::isnan(a) && std::isnan(b))) return 0;
  return std::fabs(a - b) / std::max(std::fabs(a), std::fabs(b));
}

std::string differing_metrics(const StoredRows& a, std::size_t i, const StoredRows& b, std::size_t j,
                              double tolerance) {
  std::string text;
  for (const StoredColumn& mine : a.results.metrics) {
    const StoredColumn* other = column(b.results.metrics, mine.name);
    const double x = mine.values[i], y = other ? other->values[j] : NAN;
    if (!(relative(x, y) <= tolerance)) text += fmt::format("  {}: {} -> {}\n", mine.name, x, y);
  }
  for (const StoredColumn& theirs : b.results.metrics) {
    if (!column(a.results.metrics, theirs.name) && !std::isnan(theirs.values[j])) {
      text += fmt::format("  {}: only in the second, {}\n", theirs.name, theirs.values[j]);
    }
  }
  return text;
}

std::string status_name(Status s) { return s == Status::done ? "done" : s == Status::failed ? "failed" : "to do"; }

// Runs of the same scenario.
void compare_runs(const StoredRows& a, const StoredRows& b, double tolerance, Diff& diff) {
  std::map<std::string, std::size_t> in_b;
  for (std::size_t j = 0; j < b.size(); ++j) in_b[b.scenario[j]] = j;
  std::size_t both = 0, different = 0;
  std::string lines;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto found = in_b.find(a.scenario[i]);
    if (found == in_b.end()) continue;
    const std::size_t j = found->second;
    both += 1;
    std::string text;
    if (a.results.status[i] != b.results.status[j]) {
      text = fmt::format("  status: {} -> {}\n", status_name(a.results.status[i]), status_name(b.results.status[j]));
    } else if (a.results.status[i] == Status::done) {
      text = differing_metrics(a, i, b, j, tolerance);
    }
    if (text.empty()) continue;
    if (++different <= most_lines) lines += fmt::format("run {}:\n{}", a.results.id[i], text);
  }
  if (different > most_lines) lines += fmt::format("and {} more runs\n", different - most_lines);
  diff.text += fmt::format("{} runs in both, {} of them differ; {} only in the first, {} only in the second\n", both,
                           different, a.size() - both, b.size() - both);
  diff.text += lines;
  diff.equal = different == 0 && both == a.size() && both == b.size();
}

std::string cell(const StoredColumn& c, std::size_t row) {
  return c.labels.empty() ? fmt::format("{}", c.values[row]) : c.labels[row];
}

// Points by the axes that both files vary.
std::map<std::string, Samples> points(const StoredRows& file, const std::vector<std::string>& axes) {
  std::map<std::string, Samples> all;
  for (std::size_t i = 0; i < file.size(); ++i) {
    if (file.results.status[i] != Status::done) continue;
    std::string name;
    for (const std::string& axis : axes) {
      name += fmt::format("{}{} = {}", name.empty() ? "" : ", ", axis, cell(*column(file.results.points, axis), i));
    }
    Samples& samples = all[name];
    for (const StoredColumn& metric : file.results.metrics) {
      if (!std::isnan(metric.values[i])) samples[metric.name].push_back(metric.values[i]);
    }
  }
  return all;
}

std::vector<std::string> common_axes(const StoredRows& a, const StoredRows& b) {
  std::vector<const StoredColumn*> axes;
  for (const StoredColumn& c : a.results.points) {
    if (c.axis >= 0 && column(b.results.points, c.name)) axes.push_back(&c);
  }
  std::sort(axes.begin(), axes.end(), [](const StoredColumn* x, const StoredColumn* y) { return x->axis < y->axis; });
  std::vector<std::string> names;
  for (const StoredColumn* axis : axes) names.push_back(axis->name);
  return names;
}

struct Tested {
  std::string point, metric;
  double before = 0;
  Welch test;
};

void compare_points(const StoredRows& a, const StoredRows& b, const DiffArguments& arguments, Diff& diff) {
  const std::vector<std::string> axes = common_axes(a, b);
  const std::map<std::string, Samples> first = points(a, axes), second = points(b, axes);
  std::vector<Tested> tested;
  std::vector<double> p;
  for (const auto& [name, samples] : first) {
    const auto there = second.find(name);
    if (there == second.end()) continue;
    for (const auto& [metric, values] : samples) {
      const auto found = there->second.find(metric);
      if (found == there->second.end()) continue;
      double sum = 0;
      for (const double x : values) sum += x;
      tested.push_back({name, metric, sum / static_cast<double>(values.size()), welch(values, found->second)});
      p.push_back(tested.back().test.p);
    }
  }
  const std::vector<bool> significant = holm(p, arguments.significance);
  std::string lines;
  std::size_t count = 0;
  for (std::size_t i = 0; i < tested.size(); ++i) {
    if (!significant[i] || ++count > most_lines) continue;
    const Tested& t = tested[i];
    lines += fmt::format("  {}{}: mean {:.6g} -> {:.6g}, p = {:.2g}\n", t.point.empty() ? "" : t.point + ": ", t.metric,
                         t.before, t.before + t.test.difference, t.test.p);
  }
  if (count > most_lines) lines += fmt::format("  and {} more\n", count - most_lines);
  const auto tests = std::count_if(p.begin(), p.end(), [](double x) { return !std::isnan(x); });
  diff.text += fmt::format("{} means compared (Welch, Holm, {} in all): {} differ\n{}", tests, arguments.significance,
                           count, lines);
}

}  // namespace

Diff diff(const StoredRows& a, const StoredRows& b, const DiffArguments& arguments) {
  Diff result;
  compare_runs(a, b, arguments.tolerance, result);
  if (!result.equal) compare_points(a, b, arguments, result);
  return result;
}

}  // namespace orrery::experiments::sweep
