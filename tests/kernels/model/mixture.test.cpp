// Mixtures of experts in every format: what is read, what is written, what is refused.
#include <cstring>

#include <gmock/gmock.h>

#include "kernels/model/gguf.hpp"
#include "kernels/model/random.hpp"
#include "kernels/model/writers.hpp"
#include "tests/kernels/model/folder.hpp"
#include "tests/kernels/model/gguf_model.hpp"
#include "tests/kernels/model/synthetic.hpp"
#include "tests/kernels/model/whole.hpp"
#include "tests/kernels/random_matrix.hpp"

namespace orrery::kernels::model {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr WeightType types[] = {WeightType::fp32, WeightType::bf16, WeightType::int8, WeightType::int4};

Source gguf_source(const std::string& bytes) {
  Source source = parse_gguf("m.gguf", bytes);
  source.check();
  return source;
}

Matrix logits(std::shared_ptr<const Model> model) {
  const std::vector<int> tokens{1, 40, 7, 200, 0, 5, 5, 18};
  return Whole(std::move(model)).logits(tokens, 0, 8);
}

bool same_weights(const PackedMatrix& a, const PackedMatrix& b) {
  return a.n() == b.n() && a.k() == b.k() && a.type() == b.type() && std::memcmp(a.data(), b.data(), a.bytes()) == 0;
}

Config wide_mixture() {
  Config config = small_mixture(true);
  config.hidden = 64, config.head_dim = 16, config.ffn = 96;  // whole blocks of 32
  return config;
}

// The same numbers in both formats, neither of them made by our writers: rotary layouts differ, hence only the experts.
TEST(Mixture, GgufAndSafetensorsHoldTheSameExperts) {
  const Config config = small_mixture(true);
  const std::string json = config_json(config), weights = safetensors_bytes(config, "F32", 4),
                    gguf = gguf_model(config, 4).bytes();
  const auto a = Model::open_bytes(json, weights, ""), b = Model::make(gguf_source(gguf));
  EXPECT_EQ(b->config().experts, 5);
  EXPECT_EQ(b->config().experts_active, 2);
  for (const WeightType type : types) {
    const auto x = a->load_block(1, type), y = b->load_block(1, type);
    ASSERT_EQ(x->experts.size(), 5U);
    ASSERT_EQ(y->experts.size(), 5U);
    EXPECT_EQ(x->router.type(), WeightType::fp32);
    EXPECT_TRUE(same_weights(x->router, y->router));
    for (std::size_t e = 0; e < 5; ++e) {
      EXPECT_TRUE(same_weights(x->experts[e].gate_up, y->experts[e].gate_up)) << e;
      EXPECT_TRUE(same_weights(x->experts[e].down, y->experts[e].down)) << e;
    }
    EXPECT_FALSE(same_weights(x->experts[0].down, x->experts[1].down));
    EXPECT_EQ(x->gate_up.n(), 0);
  }
}

TEST(Mixture, WritersKeepEveryBitInBothDirections) {
  const Source start = random_source(small_mixture(false), 3);
  const Matrix want = logits(Model::make(start));
  std::string gguf, weights, again;
  write_gguf(start, {}, [&](std::string_view bytes) { gguf += bytes; });
  EXPECT_TRUE(same_bits(logits(Model::make(gguf_source(gguf))), want));
  const Source middle = gguf_source(gguf);
  write_safetensors(middle, {}, [&](std::string_view bytes) { weights += bytes; });
  const std::string json = hf_config_json(middle);
  const Source back = source_of_bytes(json, weights, "");
  EXPECT_EQ(back.config, start.config);
  EXPECT_TRUE(same_bits(logits(Model::make(back)), want));
  write_gguf(back, {}, [&](std::string_view bytes) { again += bytes; });
  EXPECT_TRUE(same_bits(logits(Model::make(gguf_source(again))), want));
}

TEST(Mixture, QuantisedFilesHoldWhatTheKernelsMakeAndTheRouterWhole) {
  const Source start = random_source(wide_mixture(), 8);
  const std::pair<Dtype, WeightType> pairs[] = {{Dtype::q8_0, WeightType::int8}, {Dtype::q4_0, WeightType::int4}};
  for (const auto& [dtype, type] : pairs) {
    std::string gguf;
    write_gguf(start, dtype, [&](std::string_view bytes) { gguf += bytes; });
    const auto got = Model::make(gguf_source(gguf))->load_block(2, type),
               want = Model::make(start)->load_block(2, type);
    EXPECT_TRUE(same_weights(got->router, want->router));
    for (std::size_t e = 0; e < 5; ++e) {
      EXPECT_TRUE(same_weights(got->experts[e].gate_up, want->experts[e].gate_up));
      EXPECT_TRUE(same_weights(got->experts[e].down, want->experts[e].down));
    }
    EXPECT_EQ(got->bytes(), want->bytes());
  }
}

TEST(Mixture, AProcessReadsTheExpertsThatItHolds) {
  const Config config = small_mixture(true);
  std::string weights = safetensors_bytes(config, "F32", 4);
  const std::string json = config_json(config), bad = "model.layers.1.block_sparse_moe.experts.3.w2.weight";
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::memcpy(weights.data() + data_offset(weights, bad), &nan, sizeof nan);
  const auto model = Model::open_bytes(json, weights, "");
  const auto some = model->load_block(1, WeightType::fp32, {1, 3});
  for (std::size_t e = 0; e < 5; ++e) EXPECT_EQ(some->experts[e].down.n(), e == 1 || e == 2 ? 24 : 0) << e;
  EXPECT_LT(some->bytes(), model->load_block(0)->bytes());
  EXPECT_THAT(input_error([&] {
                static_cast<void>(model->load_block(1, WeightType::fp32, {3, 5}));
              }),
              AllOf(HasSubstr("model.safetensors: tensor '" + bad + "' holds NaN at byte"),
                    HasSubstr(std::to_string(data_offset(weights, bad)))));
  // Rows for an expert that is not there are a bug, not zeros.
  Matrix x(2, 24);
  KvCache cache(config, 1, 2, 8);
  Workspace workspace;
  EXPECT_THROW(forward_block(config, *model->load_block(1, WeightType::fp32, {0, 0}), x, 0, cache, 1, workspace),
               ContractError);
}

TEST(Mixture, SafetensorsNameWhatIsMissingOrMisshapen) {
  const Config config = small_mixture(true);
  const std::string weights = safetensors_bytes(config, "F32", 4);
  const auto error = [&](auto change) {
    Config other = config;
    change(other);
    const std::string json = config_json(other);
    return input_error([&] { static_cast<void>(Model::open_bytes(json, weights, "")); });
  };
  EXPECT_EQ(error([](Config&) {}), "");
  EXPECT_THAT(
      error([](Config& c) { c.experts = 6; }),
      HasSubstr("tensor 'model.layers.0.block_sparse_moe.gate.weight' has shape [5, 24] (the config asks for [6, "
                "24])"));
  EXPECT_THAT(
      error([](Config& c) { c.ffn = 41; }),
      HasSubstr("model.safetensors: tensor 'model.layers.0.block_sparse_moe.experts.0.w1.weight' has shape [40, "
                "24] (the config asks for [41, 24])"));
  EXPECT_THAT(error([](Config& c) { c.experts = 0; }),
              HasSubstr("tensor 'model.layers.0.mlp.gate_proj.weight' is missing"));
  std::string renamed = weights;
  const std::string name = "layers.2.block_sparse_moe.experts.4.w3.weight";
  renamed.replace(renamed.find(name), name.size(), "layers.2.block_sparse_moe.experts.7.w3.weight");
  const std::string json = config_json(config);
  EXPECT_THAT(input_error([&] { static_cast<void>(Model::open_bytes(json, renamed, "")); }),
              HasSubstr("tensor 'model." + name + "' is missing"));
}

TEST(Mixture, GgufNamesWhatIsMissingOrMisshapen) {
  const auto error = [](auto change) {
    GgufBytes file = gguf_model(small_mixture(true), 4);
    change(file);
    return input_error([bytes = file.bytes()] { static_cast<void>(gguf_source(bytes)); });
  };
  using File = GgufBytes&;
  const auto tensor = [](File f, const char* name) {
    return std::find_if(f.tensors.begin(), f.tensors.end(), [&](const auto& t) { return t.name == name; });
  };
  EXPECT_EQ(error([](File) {}), "");
  EXPECT_THAT(error([&](File f) { f.tensors.erase(tensor(f, "blk.1.ffn_up_exps.weight")); }),
              HasSubstr("m.gguf: tensor 'blk.1.ffn_up_exps.weight' is missing (llama.expert_count is 5)"));
  EXPECT_THAT(error([&](File f) { f.tensors.erase(tensor(f, "blk.2.ffn_gate_inp.weight")); }),
              HasSubstr("tensor 'model.layers.2.block_sparse_moe.gate.weight' is missing"));
  EXPECT_THAT(error([&](File f) {
                std::swap(tensor(f, "blk.0.ffn_down_exps.weight")->dimensions[0],
                          tensor(f, "blk.0.ffn_down_exps.weight")->dimensions[1]);
              }),
              AllOf(HasSubstr("m.gguf: tensor 'blk.0.ffn_down_exps.weight' at byte"),
                    HasSubstr("has shape [5, 40, 24] (the keys of the file ask for [5, 24, 40])")));
  EXPECT_THAT(error([](File f) { f.set("llama.expert_count", 4, raw(std::uint32_t{4})); }),
              HasSubstr("has shape [5, 24, 40] (the keys of the file ask for [4, 24, 40])"));
  EXPECT_THAT(error([](File f) { f.set("llama.expert_used_count", 4, ""); }),
              HasSubstr("no key 'llama.expert_used_count'"));
  EXPECT_THAT(error([](File f) { f.set("llama.expert_used_count", 4, raw(std::uint32_t{9})); }),
              HasSubstr("experts_active = 9 is out of range (must be from 1 to 5)"));
  EXPECT_THAT(error([](File f) { f.set("llama.expert_count", 4, ""); }),
              HasSubstr("tensor 'blk.0.ffn_down_exps.weight' at byte"));
}

TEST(Mixture, RandomModelsAreFunctionsOfTheirSeed) {
  const Config config = small_mixture(true);
  const Matrix a = logits(Model::make(random_source(config, 1))), b = logits(Model::make(random_source(config, 1)));
  EXPECT_TRUE(same_bits(a, b));
  EXPECT_FALSE(same_bits(a, logits(Model::make(random_source(config, 2)))));
  for (const float value : a.span()) EXPECT_LT(std::abs(value), 100.0F);
  Config wrong = config;
  wrong.experts_active = 6;
  EXPECT_THAT(input_error([&] { static_cast<void>(random_source(wrong, 1, "here")); }),
              HasSubstr("here: experts_active = 6 is out of range"));
}

TEST(Mixture, OpensFromFiles) {
  const Folder folder;
  const Source start = random_source(small_mixture(false), 6, "random", Dtype::bf16);
  std::string gguf, weights;
  write_gguf(start, {}, [&](std::string_view bytes) { gguf += bytes; });
  write_safetensors(start, {}, [&](std::string_view bytes) { weights += bytes; });
  folder.write("m.gguf", gguf);
  folder.write("model.safetensors", weights);
  folder.write("config.json", hf_config_json(start));
  const Matrix want = logits(Model::make(start));
  EXPECT_TRUE(same_bits(logits(Model::open(folder.path / "m.gguf")), want));
  EXPECT_TRUE(same_bits(logits(Model::open(folder.path)), want));
}

}  // namespace
}  // namespace orrery::kernels::model
