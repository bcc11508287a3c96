#include "kernels/model/config.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "tests/kernels/model/synthetic.hpp"

namespace orrery::kernels::model {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using Json = nlohmann::json;

std::string error_of(const Json& json) {
  return input_error([&] { parse_hf_config("here/config.json", json.dump()); });
}

Json good() { return Json::parse(config_json(small_config(true))); }

TEST(HfConfig, ReadsTheShape) {
  EXPECT_EQ(parse_hf_config("c", good().dump()), small_config(true));
  EXPECT_EQ(parse_hf_config("c", config_json(small_config(false))), small_config(false));
}

TEST(HfConfig, KnowsTheDefaultsOfLlama) {
  Json json = good();
  json.erase("num_key_value_heads");
  json.erase("head_dim");
  json.erase("rms_norm_eps");
  json.erase("rope_theta");
  json.erase("tie_word_embeddings");
  const Config config = parse_hf_config("c", json.dump());
  EXPECT_EQ(config.kv_heads, 4);
  EXPECT_EQ(config.head_dim, 6);
  EXPECT_EQ(config.norm_eps, 1e-6F);
  EXPECT_EQ(config.rope_theta, 10000.0F);
  EXPECT_FALSE(config.tied);
}

TEST(HfConfig, ReadsThetaFromRopeParameters) {
  Json json = good();
  json["rope_parameters"] = {{"rope_type", "default"}, {"rope_theta", 500000.0}};
  EXPECT_EQ(parse_hf_config("c", json.dump()).rope_theta, 500000.0F);
  json["rope_parameters"]["rope_type"] = "yarn";
  EXPECT_THAT(error_of(json), HasSubstr("key 'rope_type' is \"yarn\""));
}

TEST(HfConfig, NamesTheKeyAtFault) {
  EXPECT_THAT(input_error([] { parse_hf_config("here/config.json", "{"); }),
              HasSubstr("here/config.json: is not a JSON object"));
  const std::pair<const char*, Json> wrong[] = {{"num_hidden_layers", 0},
                                                {"hidden_size", -4},
                                                {"num_attention_heads", "four"},
                                                {"hidden_size", nullptr},
                                                {"vocab_size", 1e300},
                                                {"rms_norm_eps", "small"},
                                                {"tie_word_embeddings", 1},
                                                {"hidden_act", "gelu"},
                                                {"rope_scaling", {{"factor", 2}}},
                                                {"attention_bias", true},
                                                {"sliding_window", 4096},
                                                {"mlp_bias", true},
                                                {"quantization_config", Json::object()},
                                                {"model_type", "mamba"}};
  for (const auto& [key, value] : wrong) {
    Json json = good();
    json[key] = value;
    EXPECT_THAT(error_of(json), AllOf(HasSubstr("here/config.json: "), HasSubstr(key))) << value.dump();
  }
  Json json = good();
  json.erase("vocab_size");
  EXPECT_THAT(error_of(json), HasSubstr("no key 'vocab_size' (the shape of the model needs it)"));
}

TEST(Config, ReadsMixtral) {
  const Config want = small_mixture(true);
  EXPECT_EQ(parse_hf_config("m", config_json(want)), want);
  Json json = Json::parse(config_json(want));
  json.erase("num_experts_per_tok");
  EXPECT_THAT(error_of(json), HasSubstr("no key 'num_experts_per_tok'"));
  json["num_experts_per_tok"] = 6;
  EXPECT_THAT(error_of(json), HasSubstr("experts_active = 6 is out of range (must be from 1 to 5)"));
  json["num_local_experts"] = 0;
  EXPECT_THAT(error_of(json), HasSubstr("num_local_experts = 0 is out of range"));
  json["num_local_experts"] = 5, json["model_type"] = "llama";
  EXPECT_THAT(error_of(json), HasSubstr("key 'num_local_experts' is 5"));
}

TEST(Config, ValidateSaysWhy) {
  const auto error = [](auto change) {
    Config config = small_config(true);
    change(config);
    return input_error([&] { config.validate("m"); });
  };
  EXPECT_EQ(error([](Config&) {}), "");
  EXPECT_THAT(error([](Config& c) { c.kv_heads = 3; }), HasSubstr("kv_heads = 3 does not divide heads"));
  EXPECT_THAT(error([](Config& c) { c.kv_heads = 8; }),
              HasSubstr("kv_heads = 8 is out of range (must be from 1 to 4)"));
  EXPECT_THAT(error([](Config& c) { c.head_dim = 7; }), HasSubstr("head_dim = 7 is odd"));
  EXPECT_THAT(error([](Config& c) { c.norm_eps = 0; }), HasSubstr("norm_eps"));
  EXPECT_THAT(error([](Config& c) { c.rope_theta = 0; }), HasSubstr("rope_theta"));
  EXPECT_THAT(error([](Config& c) { c.context = 1 << 24, c.head_dim = 64; }), HasSubstr("context * head_dim"));
}

TEST(Config, CountsParameters) {
  const Config c = small_config(false);
  EXPECT_EQ(c.block_parameters(), 2U * 24 + 24 * 24 * 2 + 24 * 12 * 2 + 3 * 24 * 40);
  EXPECT_EQ(c.embedding_parameters(), 300U * 24);
  EXPECT_EQ(c.head_parameters(), 300U * 24 + 24);
  EXPECT_EQ(small_mixture(false).block_parameters(), 2U * 24 + 24 * 24 * 2 + 24 * 12 * 2 + 5 * 3 * 24 * 40 + 5 * 24);
}

}  // namespace
}  // namespace orrery::kernels::model
