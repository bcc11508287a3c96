#include "sim/workload/model.hpp"

#include "sim/workload/dtype.hpp"

namespace orrery::sim::workload {

config::Fields<ModelParams> ModelParams::fields() {
  using P = ModelParams;
  return config::Fields<P>()
      .text("name", &P::name, "a model of data/models.toml, or embedded (the one inside the program)")
      .choice("weights", &P::weights, dtypes(), "precision of the blocks on nodes; int4 takes 4.25 bit a parameter")
      .choice("kv", &P::kv, {"fp32", "fp16", "bf16", "int8"}, "precision of the KV caches")
      .choice("compute", &P::compute, dtypes(), "type of the matrix products: which peak rate of a device applies")
      .choice("client", &P::client, dtypes(), "precision of embedding and head, which clients hold")
      .real("block_overhead", &P::block_overhead, "1",
            "bytes of a block beyond its parameters, as a share of them (Petals counts 0.01)", 0, 10)
      .text("path", &P::path,
            "execution = real: weights to run, a directory or file; empty takes the embedded model's");
}

ModelGraph graph(const ModelParams& params) {
  const ModelShape& shape = model_shape(params.name, "model.name");
  VALIDATE(!shape.encoder, "model.name", "'" + params.name + "' serves nobody",
           "it is an encoder, which generates nothing", "Name it in retrieval.encoder, and a model that answers here.");
  return graph(shape, params);
}

ModelGraph graph(const ModelShape& shape, const ModelParams& params) {
  EXPECT(shape.layers > 0 && shape.hidden > 0 && shape.heads > 0 && shape.kv_heads > 0 && shape.head_dim > 0);
  const double weight = bytes_per_parameter(params.weights) * (1 + params.block_overhead);
  const auto bytes = [](double each, std::int64_t count) { return Bytes(each * static_cast<double>(count)); };
  BlockCost block;
  block.weights = bytes(weight, shape.block_parameters());
  block.weights_shared = bytes(weight, shape.block_shared_parameters());
  if (shape.experts > 0) {
    block.weights_expert = bytes(weight, shape.expert_parameters());
    block.experts = shape.experts;
    block.experts_active = shape.experts_active;
  }
  block.flops_per_token = Flops(2.0 * static_cast<double>(shape.active_matrix_parameters()));
  block.flops_per_pair = Flops(4.0 * shape.heads * shape.head_dim);
  if (shape.image_tokens > 0) {
    const double conditioning = 2.0 * static_cast<double>(shape.conditioning_parameters()) / shape.image_tokens;
    block.flops_per_token += Flops(conditioning) + block.flops_per_pair * shape.image_tokens;
    block.flops_per_pair = Flops();
  }
  block.kv_per_token = bytes(bytes_per_parameter(params.kv), 2 * std::int64_t{shape.kv_heads} * shape.head_dim);

  ModelGraph model;
  model.name = shape.name;
  model.hidden = shape.hidden;
  model.image_tokens = shape.image_tokens;
  model.blocks.assign(static_cast<std::size_t>(shape.layers), block);
  const double client = bytes_per_parameter(params.client);
  model.embedding = bytes(client, shape.embedding_parameters());
  model.head = bytes(client, std::int64_t{shape.vocab} * shape.hidden);
  model.head_flops_per_token = Flops(2.0 * shape.hidden * shape.vocab);
  model.compute_dtype = params.compute;
  return model;
}

}  // namespace orrery::sim::workload
