// `orrery bench evidence`: what evidence takes to make and to check, beside what a simulated node is charged for it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sim/execution/inspection.hpp"

namespace orrery::experiments {

// Prints the units of sim/verification/evidence_cost.hpp and, for every protocol that makes evidence, its messages and
// judgements, each as measured here and as charged. Times are advice: another machine has others. Returns 0, or 1 if an
// answer was wrong. `json`, where not empty: a file for the rows (bench_json.hpp).
int bench_evidence(const std::string& json = {});

// One line of it. charged_s 0: nothing is charged for that.
struct EvidenceRow {
  std::string name;
  double measured_s = 0;
  double charged_s = 0;
  bool correct = false;
  std::string note;
};
// The units, for sizes of large models.
std::vector<EvidenceRow> evidence_units();

// CPU seconds of `work`, the median of several rounds of at least 10 ms.
double time_s(const std::function<void()>& work);

// Another trace whose products with the head were taken beforehand: those are the accelerator's and are not timed here.
// What a protocol remembers of a trace is forgotten with this one.
class ReadTrace final : public sim::execution::Trace {
 public:
  // `of` outlives it. `readouts`: one for each row, or one for all of them.
  ReadTrace(const sim::execution::Trace& of, const std::vector<std::vector<float>>& readouts)
      : of_(of), readouts_(readouts) {}
  sim::BlockSpan blocks() const override { return of_.blocks(); }
  int rows() const override { return of_.rows(); }
  int prompt() const override { return of_.prompt(); }
  kernels::ConstMatrixView tap(int depth) const override { return of_.tap(depth); }
  const sim::execution::Operators& operators(int block) const override { return of_.operators(block); }
  std::vector<float> readout(int row) const override {
    return readouts_.at(readouts_.size() == 1 ? 0 : static_cast<std::size_t>(row));
  }
  std::span<const int> tokens() const override { return of_.tokens(); }
  std::uint64_t sampling_seed() const override { return of_.sampling_seed(); }
  double temperature() const override { return of_.temperature(); }
  double claimed_rows() const override { return of_.claimed_rows(); }
  std::vector<std::uint64_t> program() const override { return of_.program(); }
  std::uint32_t operator_number() const override { return of_.operator_number(); }
  const kernels::model::Config& config() const override { return of_.config(); }
  const sim::execution::Block& agreed(int block) const override { return of_.agreed(block); }
  sim::Weights agreed_weights() const override { return of_.agreed_weights(); }

 private:
  const sim::execution::Trace& of_;
  const std::vector<std::vector<float>>& readouts_;
};

}  // namespace orrery::experiments
