// The laboratory: every behaviour against every protocol, over populations of honest devices, on real activations.
// Sequences are dealt out over ranks; an executor's rank makes the evidence and the next rank recomputes and judges.
// The scores do not depend on the number of ranks.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/context.hpp"
#include "sim/detection/trial.hpp"
#include "sim/verification/policy.hpp"

namespace orrery::sim::detection {

struct Plan {
  std::vector<std::string> populations;
  std::vector<std::string> behaviours;  // besides honest, which is always among them
  std::vector<std::string> protocols;   // lines of a [verification] section, `policy = "toploc"` or more
  std::vector<BlockSpan> spans;
  int honest = 200;  // sequences of honest executors, half to calibrate and half to test
  int cheats = 64;   // sequences of each cheat
  int prompt = 48;
  int generated = 64;
  double temperature = 0.8;
  std::uint64_t seed = 1;
};

struct Score {
  std::uint32_t sequence = 0;
  double value = 0;
  bool malformed = false;
  int published = -1;  // 1 accepted, 0 rejected, -1 no such rule
};

// All sequences of one behaviour in one setting.
struct Sample {
  std::string population, behaviour;
  BlockSpan blocks;
  std::vector<std::vector<Score>> scores;  // [protocol], in the order of Plan::protocols; empty: does not apply
  std::vector<double> nats, agreement;     // of texts, where the executor made one
};

struct Lab {
  std::shared_ptr<const kernels::model::Model> model;
  std::string text;
  Plan plan;
};

// Protocols by the lines of their section.
std::vector<std::unique_ptr<verification::VerificationPolicy>> make_protocols(const Plan& plan);

// Collective over context.comm; complete on rank 0, empty elsewhere. `progress` is told the share done, on rank 0.
std::vector<Sample> measure(const Lab& lab, const Context& context, const std::function<void(double)>& progress = {});

}  // namespace orrery::sim::detection
