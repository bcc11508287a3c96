// How far a computation of the same model in another arithmetic drifts from the canonical one: what a verifier sees of
// an honest device of another make, and of a node that saves on precision or leaves blocks out.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "kernels/model/model.hpp"
#include "sim/execution/conduct.hpp"
#include "sim/execution/weights.hpp"
#include "sim/units.hpp"

namespace orrery::sim::execution {

struct Variant {
  Conduct conduct;                                // of one node with all blocks; the client's embedding and head stay
  kernels::KvType cache = kernels::KvType::fp32;  // in memory, beside what the conduct does to keys and values
};

// Hidden states are those after the last block, compared number by number over all positions of all windows.
struct Drift {
  double max_ulp = 0;         // largest distance in fp32 numbers, counted through zero; infinite if one is not finite
  double relative_error = 0;  // root of the summed squares of the differences over that of the canonical states
  double teacher_forced = 0;  // share of positions whose likeliest next token is the canonical one, over the same text
  double free_running = 0;    // share of a greedy continuation before its first token that is not the canonical one
  double nats_per_token = 0;  // of the text; exp() of it is the perplexity
  Tokens scored = 0;
};

struct DriftSetup {
  std::string_view text;  // tokenized and cut into windows of `window` tokens, each from an empty cache
  int windows = 4;        // of these, the first
  int window = 256;
  int prompt = 32;        // of each window's tokens, continued by
  int continuation = 64;  // tokens
  int threads = 1;
};

// The canonical computation, kept so that variants can be held against it.
class DriftMeter {
 public:
  // InputError if the text has fewer windows.
  DriftMeter(std::shared_ptr<const kernels::model::Model> model, const DriftSetup& setup);
  Drift measure(const Variant& variant);

 private:
  struct Run {
    std::vector<kernels::Matrix> hidden;         // of each window
    std::vector<std::vector<int>> likeliest;     // after each position
    std::vector<std::vector<int>> continuation;  // of each window's prompt
    double nats = 0;
    Tokens scored = 0;
  };
  Run run(const Variant& variant);

  BlockStore store_;
  DriftSetup setup_;
  std::vector<std::vector<int>> windows_;
  Run canonical_;
};

}  // namespace orrery::sim::execution
