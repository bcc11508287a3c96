// What a sweep runs: points (one level of every axis each) times replicas (seeds), as rows in a fixed order.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "experiments/results.hpp"
#include "experiments/scenario_file.hpp"
#include "experiments/sweep/axis.hpp"
#include "experiments/sweep_section.hpp"

namespace orrery::experiments::sweep {

// More rows than this are refused before anything is allocated for them.
inline constexpr std::uint64_t most_rows = 1'000'000;

class Plan {
 public:
  // Reads the axes and counts; a point's scenario is read when it is asked for. InputError.
  explicit Plan(const ScenarioSource& source);

  const std::string& path() const { return path_; }
  const SweepParams& params() const { return params_; }
  const std::vector<Axis>& axes() const { return axes_; }
  std::size_t points() const { return points_; }
  // Places for rows: a point's replicas one after another, as many as it may get.
  std::size_t slots() const { return points_ * replicas(); }
  std::size_t replicas() const { return static_cast<std::size_t>(params_.most_replicas()); }

  std::string axis_names() const;  // "router, workload.rate"
  // "router = petals, workload.rate = 2"; empty where there is no axis.
  std::string label(std::size_t point) const;
  // InputError names the point beside the place.
  sim::serving::Scenario scenario(std::size_t point, std::int64_t replica) const;
  // Rows are counted from 0, the replicas of a point one after another; InputError for one that is not there, or that
  // cannot be counted because replicas follow from the data.
  sim::serving::Scenario scenario_of_row(std::size_t row) const;
  // A row that is still to do, of a scenario that is this point's.
  Row row(const sim::serving::Scenario& scenario, std::size_t point, std::int64_t replica) const;
  // An error that a run of this point found in its input.
  std::string with_point(const std::string& message, std::size_t point) const;

 private:
  std::size_t level(std::size_t point, std::size_t axis) const;
  sim::config::Value root(std::size_t point) const;

  std::string path_;
  sim::config::Value base_;  // without [sweep]
  SweepParams params_;
  std::vector<Axis> axes_;
  std::size_t points_ = 1;
};

// Throws InputError where two rows are the same run. `ids` are those of all slots, in order.
void check_distinct(const Plan& plan, const std::vector<std::string>& ids);

}  // namespace orrery::experiments::sweep
