// The [model] section, and the cost of the model it names.
#pragma once

#include <string>

#include "sim/config/fields.hpp"
#include "sim/workload/model_graph.hpp"
#include "sim/workload/model_shape.hpp"

namespace orrery::sim::workload {

struct ModelParams {
  std::string name = "llama-3-8b";
  std::string weights = "fp16";  // precision that nodes hold blocks in
  std::string kv = "fp16";
  std::string compute = "fp16";
  std::string client = "fp16";  // precision of embedding and head at the client
  double block_overhead = 0;    // bytes a block takes on top of its parameters, as a share (Petals: 0.01)
  std::string path;             // real weights, for execution = real; empty: the embedded model's, or none
  static config::Fields<ModelParams> fields();
};

// Bytes and flops per block. InputError for an unknown name, and for an encoder, which serves nobody by itself. Flops
// are those of matrix products, 2 per multiply-add; attention costs 4 x heads x head_dim per (query, context) pair:
// scores and weighted values. The rows of an image all attend to all of it, so that their pairs, and an equal share of
// its conditioning, count with the row.
ModelGraph graph(const ModelParams& params);
ModelGraph graph(const ModelShape& shape, const ModelParams& params);

}  // namespace orrery::sim::workload
