// How long a stage takes: the roofline of a device over the blocks that a batch passes through.
//
//   time = overhead + slowdown * sum over blocks of (block overhead + max(flops / rate, bytes / bandwidth))
//
// flops of a block = tokens * flops_per_token + pairs * flops_per_pair, where a token at position p makes p + 1 pairs;
// bytes = weights the batch touches, once for the whole batch, + KV cache read `kv_passes` times.
// A mixture-of-experts block with E experts and k active ones touches E (1 - (1 - k/E)^tokens) experts in expectation,
// if tokens choose evenly and without regard to each other. In Mixtral's upper layers neighbours in a text choose alike
// more often (Jiang et al., arXiv 2401.04088, section 5), so that a prompt touches somewhat fewer. A machine with a
// profile takes the profile's time for a block instead of overhead and maximum: works of one token are decode steps,
// longer ones prompts. Source of the form: Williams, Waterman, Patterson, CACM 2009; its use for decoding: Pope et al.,
// MLSys 2023.
#pragma once

#include <span>

#include "sim/execution/profile.hpp"
#include "sim/units.hpp"
#include "sim/workload/model_graph.hpp"

namespace orrery::sim::execution {

// A node as the roofline sees it: what it reaches, not what its data sheet says.
struct Machine {
  FlopsPerSecond compute;            // peak in the model's compute type x efficiency
  BytesPerSecond bandwidth;          // memory bandwidth x efficiency
  double overhead_s = 0;             // per stage call: entering the device, (de)serialisation, scheduling
  double block_overhead_s = 0;       // per block and pass: kernel launches
  double slowdown = 1;               // >= 1; a straggler's factor
  const Profile* profile = nullptr;  // measured times of a block in place of the roofline's; outlives the machine
};

// A run of tokens of one session: positions [context, context + count) through `blocks`.
struct Work {
  BlockSpan blocks;
  Tokens context = 0;
  Tokens count = 0;
};

struct StageCost {
  Duration time;
  Flops flops;
  Bytes memory_traffic;
};

// Cost of running all of `batch` together. Works need not have the same blocks.
StageCost stage_cost(const workload::ModelGraph& model, const Machine& machine, double kv_passes,
                     std::span<const Work> batch);

// Cost of embedding look-up, LM head and sampling for `rows` tokens at the client; of an image, of its last layer.
Duration head_time(const workload::ModelGraph& model, const Machine& client, Tokens rows = 1);

// One-token passes per second through a single average block with no context and no queue: what servers announce as
// inference_rps. Overhead is left out, as Petals' own measurement of a block does. Of a model of images, passes of one
// image.
double block_rps(const workload::ModelGraph& model, const Machine& machine);

}  // namespace orrery::sim::execution
