#include "sim/workload/model.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/facts.hpp"
#include "sim/workload/dtype.hpp"
#include "tests/sim/written_file.hpp"

namespace orrery::sim::workload {
namespace {

ModelGraph preset(const char* name, const char* weights = "fp16") {
  ModelParams p;
  p.name = name;
  p.weights = weights;
  return graph(p);
}

double total_weights(const ModelGraph& model) {
  double sum = 0;
  for (const BlockCost& block : model.blocks) sum += block.weights.value();
  return sum;
}

TEST(Model, ParameterCountsAreThePublishedOnes) {
  int checked = 0;
  for (const ModelShape& shape : model_shapes()) {
    SCOPED_TRACE(shape.name);
    EXPECT_FALSE(shape.source.empty());
    if (shape.published_parameters == 0) continue;
    EXPECT_NEAR(static_cast<double>(shape.parameters()) / shape.published_parameters, 1, 0.01);
    ++checked;
  }
  EXPECT_EQ(checked, 15);
}

// Counts that their publishers give to the last parameter.
TEST(Model, ExactCounts) {
  const auto count = [](const char* name) { return model_shape(name, "test").parameters(); };
  EXPECT_EQ(count("bloom-176b"), 176247271424);
  EXPECT_EQ(count("llama-2-7b"), 6738415616);
  EXPECT_EQ(count("llama-2-13b"), 13015864320);
  EXPECT_EQ(count("llama-2-70b"), 68976648192);
  EXPECT_EQ(count("llama-3-8b"), 8030261248);
  EXPECT_EQ(count("llama-3-70b"), 70553706496);
  EXPECT_EQ(count("mixtral-8x7b"), 46702792704);
  EXPECT_EQ(count("dit-xl-2"), 675129632);
  EXPECT_EQ(count("bert-base"), 109482240);
}

// Peebles and Xie, table 1 and 4: Gflops of one pass of one image, where a multiply-add counts once.
TEST(Model, DiffusionFlopsAreThePublishedOnes) {
  const auto gflops = [](const char* name) {
    const ModelGraph model = preset(name);
    double flops = 0;
    for (const BlockCost& block : model.blocks) {
      EXPECT_EQ(block.flops_per_pair.value(), 0) << "all pairs count with their rows";
      flops += block.flops_per_token.value();
    }
    return model.image_tokens * (flops + model.head_flops_per_token.value()) / 2e9;
  };
  EXPECT_NEAR(gflops("dit-b-2"), 23.01, 0.001 * 23.01);
  EXPECT_NEAR(gflops("dit-l-2"), 80.71, 0.001 * 80.71);
  EXPECT_NEAR(gflops("dit-xl-2"), 118.64, 0.001 * 118.64);
  EXPECT_NEAR(gflops("dit-xl-2-512"), 524.60, 0.001 * 524.60);
}

TEST(Model, AnEncoderServesNobody) {
  ModelParams p;
  p.name = "bert-base";
  EXPECT_THAT(complaint([&] { graph(p); }), ::testing::HasSubstr("it is an encoder"));
}

// What Petals swarms of A100s hold: 70 blocks in int8, embeddings at the client, 176 GB in all.
TEST(Model, BloomInInt8) {
  ModelParams p;
  p.name = "bloom-176b";
  p.weights = p.client = "int8";
  const ModelGraph bloom = graph(p);
  EXPECT_EQ(bloom.block_count(), 70);
  EXPECT_EQ(bloom.hidden, 14336);
  EXPECT_NEAR(total_weights(bloom) + bloom.embedding.value(), 176e9, 0.01 * 176e9);
  EXPECT_EQ(bloom.head.value(), 250880.0 * 14336);
  // Keys and values of all 112 heads in fp16.
  EXPECT_EQ(bloom.blocks[0].kv_per_token.value(), 2.0 * 14336 * 2);
  EXPECT_EQ(bloom.blocks[0].flops_per_token.value(), 2.0 * 12 * 14336 * 14336);
  EXPECT_EQ(bloom.blocks[0].flops_per_pair.value(), 4.0 * 14336);
}

TEST(Model, DenseFlopsAreTwiceTheMatrices) {
  const ModelGraph llama = preset("llama-3-8b");
  // Without embedding, head and norms: 6,979,321,856 numbers in the matrices of 32 blocks.
  EXPECT_EQ(llama.blocks[0].flops_per_token.value() * 32, 2 * 6979321856.0);
  EXPECT_EQ(llama.blocks[0].kv_per_token.value(), 2 * 8 * 128 * 2);  // grouped: 8 of 32 heads
  EXPECT_EQ(llama.blocks[0].weights, llama.blocks[0].weights_shared);
  EXPECT_EQ(llama.blocks[0].experts, 0);
  EXPECT_EQ(llama.head_flops_per_token.value(), 2.0 * 4096 * 128256);
}

TEST(Model, MixtureStoresEightExpertsAndUsesTwo) {
  const ModelGraph mixtral = preset("mixtral-8x7b");
  const BlockCost& block = mixtral.blocks[0];
  EXPECT_EQ(block.experts, 8);
  EXPECT_EQ(block.experts_active, 2);
  EXPECT_DOUBLE_EQ(block.weights.value(), block.weights_shared.value() + 8 * block.weights_expert.value());
  // 12.9 G parameters are active (Jiang et al.), embedding and head with them.
  const double active = 32 * block.flops_per_token.value() / 2 + 2 * 32000.0 * 4096;
  EXPECT_NEAR(active, 12.9e9, 0.01 * 12.9e9);
}

TEST(Model, PrecisionScalesBytesAndNothingElse) {
  const ModelGraph wide = preset("llama-2-7b", "fp32"), narrow = preset("llama-2-7b", "int4");
  EXPECT_DOUBLE_EQ(total_weights(wide) / total_weights(narrow), 4 / (4.25 / 8));
  EXPECT_EQ(wide.blocks[0].flops_per_token, narrow.blocks[0].flops_per_token);
  EXPECT_EQ(wide.blocks[0].kv_per_token, narrow.blocks[0].kv_per_token);
  ModelParams p;
  p.name = "llama-2-7b";
  p.block_overhead = 0.01;
  EXPECT_DOUBLE_EQ(total_weights(graph(p)), 1.01 * total_weights(preset("llama-2-7b")));
  EXPECT_THROW(bytes_per_parameter("fp8"), ContractError);
}

TEST(Model, TheEmbeddedOneHasTheShapeOfItsConfig) {
  const ModelShape& shape = model_shape("embedded", "test");
  const std::string json(data::fact("model/config.json"));
  EXPECT_THAT(json, ::testing::HasSubstr("\"num_hidden_layers\": " + std::to_string(shape.layers)));
  EXPECT_THAT(json, ::testing::HasSubstr("\"hidden_size\": " + std::to_string(shape.hidden)));
  EXPECT_GE(shape.layers, 12);
  EXPECT_EQ(graph(shape, ModelParams{}).block_count(), shape.layers);
}

TEST(Model, UnknownNameSuggestsTheNearest) {
  ModelParams p;
  p.name = "llama3-8b";
  EXPECT_THAT(
      complaint([&] { graph(p); }),
      ::testing::StartsWith("model.name: unknown model 'llama3-8b' (it is not in data/models.toml). Did you mean "
                            "'llama-3-8b'?"));
}

}  // namespace
}  // namespace orrery::sim::workload
