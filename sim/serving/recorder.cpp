#include "sim/serving/recorder.hpp"

#include <algorithm>

namespace orrery::sim::serving {

double& Recorder::bin(Series series, std::size_t index) {
  auto& bins = bins_[static_cast<std::size_t>(series)];
  if (index >= bins.size()) bins.resize(index + 1, 0.0);
  return bins[index];
}

void Recorder::add(Series series, Time at, double amount) {
  bin(series, static_cast<std::size_t>(at.ns() / period_.ns())) += amount;
}

void Recorder::span(Series series, Time from, Time to) {
  EXPECT(from <= to);
  while (from < to) {
    const std::int64_t index = from.ns() / period_.ns();
    const Time end = std::min(to, Time::from_ns((index + 1) * period_.ns()));
    bin(series, static_cast<std::size_t>(index)) += (end - from).seconds();
    from = end;
  }
}

void Recorder::trace(const std::string& name, Time from, Time to) {
  if (trace_) spans_.push_back({"", name, from.ns(), to.ns()});
}

}  // namespace orrery::sim::serving
