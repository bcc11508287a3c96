// Executors that this program cannot be: another device with another program serves the embedded model, and our
// verifiers look at what it recorded. Thresholds that were calibrated on emulated devices meet a real one.
//
// A file of traces (safetensors) holds, for n sequences of p + g tokens each:
//   prompt   [1]                    p
//   tokens   [n, p + g]             prompts and what was drawn after them
//   tap.D    [n * (p + g - 1), hidden]  rows after D of the model's blocks; all of them must be among the depths
//   identical [2]                 may be left out: the share of rows that decode and prefill, and prefill in a batch
//                                 and alone, gave with the same bits on that device
// data/derive/foreign_traces.py writes it from PyTorch.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/tensor.hpp"
#include "sim/detection/table.hpp"
#include "sim/detection/trial.hpp"
#include "sim/verification/policy.hpp"

namespace orrery::sim::detection {

struct ForeignTraces {
  int prompt = 0;
  std::vector<std::vector<int>> tokens;  // [sequence]
  std::map<int, kernels::Matrix> taps;   // by depth; rows of one sequence follow each other

  struct Identical {
    double decode = 0;  // rows that decode and prefill agree on
    double batch = 0;   // rows that a batch and a sequence alone agree on
  };
  std::optional<Identical> identical;

  int rows() const { return static_cast<int>(tokens.front().size()) - 1; }
  // InputError `place: problem` if anything is not as above, or not of this model.
  std::string bytes() const;
  static ForeignTraces parse(const std::string& place, std::string_view bytes, const kernels::model::Config& config);
};

// Prompts and noise for a foreign executor, as safetensors: prompts [n, p]; noise [n * g, vocabulary], what is added to
// logits / temperature before the largest is taken; temperature [1].
std::string foreign_questions(const Bench& bench, const Setting& setting, std::uint32_t sequences);

// What a protocol says of all sequences of a file, verified by the devices of one population.
struct ForeignCell {
  std::string detector;
  std::int64_t rejected = 0;
  std::int64_t trials = 0;
  double threshold = 0;  // NaN: a published rule
  double score_median = 0;
  Interval interval() const { return clopper_pearson(rejected, trials); }
};

// Protocols that need more than the recorded rows are left out. Thresholds are those of the table for `model` and the
// setting's population; InputError where it has none, or none of texts of nearly this length.
std::vector<ForeignCell> judge_foreign(Bench& bench, const Setting& setting, const ForeignTraces& traces,
                                       const std::vector<std::unique_ptr<verification::VerificationPolicy>>& protocols,
                                       const DetectionTable& table, std::string_view model);

// Root of the summed squares of the differences of the last rows over that of the canonical ones; and the share of
// generated tokens that the canonical computation draws too after the same text.
struct ForeignDrift {
  double relative_error = 0;
  double same_token = 0;
};
ForeignDrift foreign_drift(Bench& bench, const Setting& setting, const ForeignTraces& traces);

}  // namespace orrery::sim::detection
