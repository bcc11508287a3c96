// What one entity writes down about itself, in bins of virtual time. Nobody reads it before the run is over; then the
// recorders are summed in the order of entity ids, so that sums of doubles have one order on any rank count.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "sim/results.hpp"
#include "sim/units.hpp"

namespace orrery::sim::serving {

enum class Series : std::size_t {
  live,       // seconds of nodes on line and serving
  busy,       // seconds of nodes computing
  running,    // seconds of requests between arrival and end
  tokens,     // tokens delivered
  served,     // requests served
  good,       // requests served within the objective
  failovers,  // lost parts of chains that were replaced
  count_
};

// When a node served which blocks.
struct Served {
  BlockSpan blocks;
  Time from, to;
};

class Recorder {
 public:
  Recorder(Duration period, bool trace) : period_(period), trace_(trace) {}

  void add(Series series, Time at, double amount = 1);
  // Adds the seconds of [from, to) to the bins they lie in.
  void span(Series series, Time from, Time to);
  void serving(BlockSpan blocks, Time from, Time to) { serving_.push_back({blocks, from, to}); }
  // For the timeline viewer; free unless the run is traced.
  void trace(const std::string& name, Time from, Time to);
  bool tracing() const { return trace_; }

  const std::vector<double>& bins(Series series) const { return bins_[static_cast<std::size_t>(series)]; }
  const std::vector<Served>& served() const { return serving_; }
  const std::vector<TraceSpan>& spans() const { return spans_; }

 private:
  double& bin(Series series, std::size_t index);
  Duration period_;
  bool trace_;
  std::array<std::vector<double>, static_cast<std::size_t>(Series::count_)> bins_;
  std::vector<Served> serving_;
  std::vector<TraceSpan> spans_;
};

}  // namespace orrery::sim::serving
