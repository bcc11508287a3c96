#include "experiments/sweep/plan.hpp"

#include <algorithm>
#include <limits>
#include <unordered_map>

#include <fmt/format.h>

#include "experiments/points.hpp"
#include "experiments/run_id.hpp"
#include "experiments/sweep/sample.hpp"
#include "kernels/contract.hpp"
#include "sim/config/toml.hpp"

namespace orrery::experiments::sweep {
namespace {

using sim::config::Entry;
using sim::config::Value;
using sim::serving::Scenario;

constexpr std::int64_t largest_seed = 9'000'000'000'000'000;

// Takes the section out of the root.
SweepParams take_section(Value& root) {
  auto& entries = std::get<sim::config::Table>(root.data);
  const auto entry = std::find_if(entries.begin(), entries.end(), [](const Entry& e) { return e.key == "sweep"; });
  EXPECT(entry != entries.end());
  SweepParams params;
  sim::config::read_fields(SweepParams::fields().list(), &params, entry->value);
  entries.erase(entry);
  return params;
}

// A product that says so where it exceeds 64 bits.
class Count {
 public:
  void times(std::uint64_t n) {
    if (n != 0 && value_ > std::numeric_limits<std::uint64_t>::max() / n) overflow_ = true;
    value_ *= n;
  }
  bool above(std::uint64_t limit) const { return overflow_ || value_ > limit; }
  std::uint64_t value() const { return value_; }
  std::string text() const { return overflow_ ? "more than 10^19" : std::to_string(value_); }

 private:
  std::uint64_t value_ = 1;
  bool overflow_ = false;
};

}  // namespace

Plan::Plan(const ScenarioSource& source) : path_(source.path), base_(scenario_root(source)) {
  VALIDATE(base_.find("sweep"), path_, "this scenario is one run", "it has no section [sweep]",
           "Use `orrery run`, or see `orrery explain sweep`.");
  const Value whole = base_;
  try {
    params_ = take_section(base_);
    validate(params_);
    axes_ = read_axes(params_);
  } catch (const InputError& error) {
    throw InputError(with_place(error.what(), whole, path_));
  }
  const bool grid = params_.sample == "grid";
  Count count;
  if (grid) {
    for (const Axis& axis : axes_) count.times(axis.levels.size());
  } else {
    count.times(static_cast<std::uint64_t>(params_.samples));
  }
  const std::uint64_t points = count.value();
  count.times(replicas());
  VALIDATE(!count.above(most_rows), path_, "this sweep has " + count.text() + " runs",
           fmt::format("at most {} fit into one sweep", most_rows),
           "Take fewer values or replicas, or split it into several sweeps.");
  points_ = points;
  if (!grid) sample_axes(axes_, params_);
}

std::size_t Plan::level(std::size_t point, std::size_t axis) const {
  if (params_.sample != "grid") return point;
  for (std::size_t later = axes_.size() - 1; later > axis; --later) point /= axes_[later].levels.size();
  return point % axes_[axis].levels.size();
}

std::string Plan::axis_names() const {
  std::string text;
  for (const Axis& axis : axes_) text += (text.empty() ? "" : ", ") + axis.name;
  return text;
}

std::string Plan::label(std::size_t point) const {
  std::string text;
  for (std::size_t a = 0; a < axes_.size(); ++a) {
    text += fmt::format("{}{} = {}", a == 0 ? "" : ", ", axes_[a].name, axes_[a].levels[level(point, a)].label);
  }
  return text;
}

Value Plan::root(std::size_t point) const {
  Value root = base_;
  for (std::size_t a = 0; a < axes_.size(); ++a) {
    for (const auto& [key, value] : axes_[a].levels[level(point, a)].settings) sim::config::set_value(root, key, value);
  }
  return root;
}

std::string Plan::with_point(const std::string& message, std::size_t point) const {
  const std::string placed = with_place(message, root(point), path_);
  return axes_.empty() ? placed : placed + " In point " + label(point) + ".";
}

Scenario Plan::scenario(std::size_t point, std::int64_t replica) const {
  EXPECT(point < points_ && replica >= 0 && replica < params_.most_replicas());
  try {
    Scenario scenario = Scenario::read(root(point));
    VALIDATE(scenario.experiment.seed <= largest_seed - params_.most_replicas(), "experiment.seed", "is too large",
             "replicas count upwards from it",
             fmt::format("Give one below {}.", largest_seed - params_.most_replicas()));
    scenario.experiment.seed += replica;
    return scenario;
  } catch (const InputError& error) {
    throw InputError(with_point(error.what(), point));
  }
}

Scenario Plan::scenario_of_row(std::size_t row) const {
  VALIDATE(!params_.stops(), fmt::format("--row {}", row), "cannot be found in the scenario file",
           "how many replicas a point has follows from the data",
           "A results file keeps the scenario of each of its rows under /scenario.");
  VALIDATE(row < slots(), fmt::format("--row {}", row), "there is no such row",
           fmt::format("{} has {} rows, counted from 0", path_, slots()), fmt::format("Give one below {}.", slots()));
  return scenario(row / replicas(), static_cast<std::int64_t>(row % replicas()));
}

Row Plan::row(const Scenario& scenario, std::size_t point, std::int64_t replica) const {
  const std::string canonical = scenario.canonical();
  Row row{run_id(canonical),
          canonical,
          Status::todo,
          "",
          points_of(scenario),
          {},
          static_cast<std::int64_t>(point),
          replica};
  for (std::size_t a = 0; a < axes_.size(); ++a) {
    const Axis& axis = axes_[a];
    const Level& here = axis.levels[level(point, a)];
    auto found = std::find_if(row.point.begin(), row.point.end(), [&](const Point& p) { return p.key == axis.name; });
    if (found == row.point.end()) {
      found = row.point.insert(row.point.end(), described(axis.name));
      found->value = axis.numeric ? here.number : std::numeric_limits<double>::quiet_NaN();
      if (!axis.numeric) found->label = here.label;
    }
    found->axis = static_cast<std::int64_t>(a);
  }
  return row;
}

void check_distinct(const Plan& plan, const std::vector<std::string>& ids) {
  const std::size_t replicas = plan.replicas();
  const auto name = [&](std::size_t row) {
    const std::string label = plan.label(row / replicas);
    return label.empty() ? fmt::format("replica {}", row % replicas)
                         : fmt::format("{} (replica {})", label, row % replicas);
  };
  std::unordered_map<std::string_view, std::size_t> seen;
  for (std::size_t row = 0; row < ids.size(); ++row) {
    const auto [earlier, added] = seen.try_emplace(ids[row], row);
    VALIDATE(added, plan.path(), fmt::format("rows {} and {} are the same run", earlier->second, row),
             fmt::format("{} and {} come to the same scenario", name(earlier->second), name(row)),
             "Take the value that stands twice out of an axis.");
  }
}

}  // namespace orrery::experiments::sweep
