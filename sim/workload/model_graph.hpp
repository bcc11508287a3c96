// What a transformer costs, block by block: the only description of a model that timing, placement and routing see.
#pragma once

#include <string>
#include <vector>

#include "sim/units.hpp"

namespace orrery::sim::workload {

// One transformer block. MoE blocks state what a token touches, not what is stored.
struct BlockCost {
  Bytes weights;           // stored parameters in the serving precision
  Bytes weights_shared;    // of these, read by every batch (attention, router, shared experts)
  Bytes weights_expert;    // one routed expert; zero for dense blocks
  int experts = 0;         // routed experts stored; zero for dense blocks
  int experts_active = 0;  // routed experts a token passes through
  Flops flops_per_token;   // of the matrix products, for one token
  Flops flops_per_pair;    // of attention, for one (query token, context token) pair
  Bytes kv_per_token;      // KV cache a token leaves in this block
};

struct ModelGraph {
  std::string name;
  int hidden = 0;
  int image_tokens = 0;  // diffusion: rows of one image, which pass all at once and attend to each other; 0: tokens
  std::vector<BlockCost> blocks;
  Bytes embedding;             // input embedding table, in the precision it is held in at the client
  Bytes head;                  // LM head (equal to `embedding` when tied)
  Flops head_flops_per_token;  // 2 * hidden * vocab
  std::string compute_dtype;   // "fp32", "fp16", "bf16", "int8", "int4": which device rate applies
  int block_count() const { return static_cast<int>(blocks.size()); }
};

}  // namespace orrery::sim::workload
