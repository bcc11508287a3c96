// How long a batch takes when some of it is not computed as agreed: what a cheat leaves out takes no time, which is why
// it cheats. By the same roofline:
//
//   blocks that are passed over take nothing; noise takes the overhead of the call;
//   weights and KV entries that are held in fewer bytes are read in fewer bytes, so decoding is faster by that;
//   products cost as many operations as before: the higher rate of narrow units is not counted (ours, on the safe
//   side), and neither is memory that is saved, in which more blocks would fit; rows that go by other weights share no
//   reading of weights with the others in the batch.
//
// Where a profile gives the times of blocks, only blocks that are passed over save any.
#pragma once

#include <map>
#include <span>
#include <utility>

#include "sim/arithmetic.hpp"
#include "sim/execution/conduct.hpp"
#include "sim/execution/roofline.hpp"

namespace orrery::sim::execution {

// Bytes of what is kept, as everybody agreed to keep it.
struct Held {
  double weight = 2;      // of a weight
  double kv = 2;          // of a number in the KV cache,
  double fp8_kv = 1.031;  // and if it were fp8, its part of the scale included
};

// The model as cheats hold it: each kind worked out once.
class CheapModels {
 public:
  // `agreed` outlives it.
  CheapModels(const workload::ModelGraph& agreed, const Held& held) : agreed_(agreed), held_(held) {}
  // In fewer bytes where these formats take fewer than the agreed ones.
  const workload::ModelGraph& in(Weights weights, KvFormat kv);

 private:
  const workload::ModelGraph& agreed_;
  Held held_;
  std::map<std::pair<Weights, KvFormat>, workload::ModelGraph> made_;
};

struct ConductedWork {
  Work work;
  BlockSpan stage;  // that the conduct is about; `work` may be a part of it
  Conduct conduct;
};

// As stage_cost(), of which it is the sum over the models that the batch's rows go by. Equal to it where all are
// honest.
StageCost conducted_cost(CheapModels& models, const workload::ModelGraph& agreed, const Machine& machine,
                         double kv_passes, std::span<const ConductedWork> batch);

}  // namespace orrery::sim::execution
