#include "kernels/model/tensors.hpp"

#include <cstring>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "tests/kernels/model/synthetic.hpp"
#include "tests/kernels/random_matrix.hpp"

namespace orrery::kernels::model {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string error_of(const std::string& file) {
  return input_error([&] { parse_safetensors("w.safetensors", file); });
}
std::string error_of(const std::string& header, std::size_t data_bytes) {
  return error_of(safetensors_from(header, std::string(data_bytes, '\0')));
}

TEST(Safetensors, WidensAllDtypes) {
  std::string data;
  for (const std::uint32_t bits : {0x3F800000U, 0xC0490FDBU, 0x00000001U})
    data.append(reinterpret_cast<const char*>(&bits), 4);
  for (const std::uint16_t half : {0x3F80, 0xC049, 0x0001}) data.append(reinterpret_cast<const char*>(&half), 2);
  for (const std::uint16_t half : {0x3C00, 0xC248, 0x0001, 0x8000, 0x7BFF, 0x83FF})
    data.append(reinterpret_cast<const char*>(&half), 2);
  const std::string file = safetensors_from(
      R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]},"b":{"dtype":"BF16","shape":[3,1],"data_offsets":[12,18]},
          "c":{"dtype":"F16","shape":[2,3],"data_offsets":[18,30]},"__metadata__":{"by":"hand"}})",
      data);
  const TensorTable table = parse_safetensors("w", file);
  const auto check = [&](const char* name, std::vector<float> want) {
    const Matrix got = table.read(name);
    ASSERT_EQ(got.size(), want.size());
    for (std::size_t i = 0; i < want.size(); ++i) EXPECT_EQ(got.data()[i], want[i]) << name << i;
  };
  check("a", {1.0F, -3.14159274F, 0x1p-149F});
  check("b", {1.0F, -3.140625F, 0x1p-133F});
  check("c", {1.0F, -3.140625F, 0x1p-24F, -0.0F, 65504.0F, -0x1.FF8p-15F});
  EXPECT_EQ(table.read("c").rows(), 2);
}

TEST(Safetensors, RefusesWhatTheFormatForbids) {
  EXPECT_THAT(error_of(""), StartsWith("w.safetensors: has only 0 bytes ("));
  EXPECT_THAT(error_of(std::string("\xFF\xFF\0\0\0\0\0\0{}", 10)), HasSubstr("its header claims 65535 bytes"));
  EXPECT_THAT(error_of("{\"a\":", 0), HasSubstr("the header is not JSON"));
  EXPECT_THAT(error_of("[1]", 0), HasSubstr("not a JSON object"));
  EXPECT_THAT(error_of(R"({"a":{"dtype":"I8","shape":[4],"data_offsets":[0,4]}})", 4),
              HasSubstr("tensor 'a' has dtype \"I8\""));
  EXPECT_THAT(error_of(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4),
              HasSubstr("tensor 'a' at byte "));
  EXPECT_THAT(error_of(R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", 4), HasSubstr("no shape"));
  EXPECT_THAT(error_of(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", 4),
              HasSubstr("lies at data bytes 4 to 0"));
  EXPECT_THAT(error_of(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 4), HasSubstr("truncated"));
  EXPECT_THAT(error_of(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}})", 4), HasSubstr("no data_offsets"));
  EXPECT_THAT(
      error_of(
          R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
          8),
      HasSubstr("tensor 'a' is named twice"));
  EXPECT_THAT(
      error_of(
          R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})",
          12),
      AllOf(HasSubstr("tensor 'b' at byte "), HasSubstr("overlaps")));
  EXPECT_THAT(error_of(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", 8),
              HasSubstr("belong to no tensor"));
  EXPECT_THAT(error_of(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 6),
              HasSubstr("goes on after its last tensor"));
  EXPECT_THAT(error_of(R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}})", 4),
              HasSubstr("does not fit in 64 bits"));
}

TEST(TensorTable, ChecksShapesAgainstTheConfig) {
  const Config config = small_config(false);
  const std::string file = safetensors_bytes(config, "BF16", 1);
  parse_safetensors("w", file).check_against(config);
  const auto error = [&](auto change) {
    Config other = config;
    change(other);
    return input_error([&] { parse_safetensors("w", file).check_against(other); });
  };
  EXPECT_THAT(
      error([](Config& c) { c.ffn = 41; }),
      HasSubstr("tensor 'model.layers.0.mlp.gate_proj.weight' has shape [40, 24] (the config asks for [41, 24])"));
  EXPECT_THAT(error([](Config& c) { c.layers = 4; }),
              HasSubstr("tensor 'model.layers.3.input_layernorm.weight' is missing"));
  EXPECT_THAT(error([](Config& c) { c.layers = 2; }),
              HasSubstr("tensor 'model.layers.2.input_layernorm.weight' is not expected"));
  EXPECT_THAT(error([](Config& c) { c.tied = true; }), HasSubstr("Set tie_word_embeddings to false"));
}

TEST(TensorTable, NamesTheByteOfABadNumber) {
  const Config config = small_config(true);
  std::string file = safetensors_bytes(config, "F32", 1);
  const std::string name = "model.layers.1.mlp.up_proj.weight";
  const std::size_t at = data_offset(file, name) + 4 * 7;
  const std::uint32_t bad[] = {0x7FC00000U, 0xFF800000U};
  for (const std::uint32_t bits : bad) {
    std::memcpy(file.data() + at, &bits, 4);
    EXPECT_THAT(input_error([&] { static_cast<void>(parse_safetensors("w", file).read(name)); }),
                HasSubstr("w: tensor '" + name + "' holds " + (bits == bad[0] ? "NaN" : "infinity") + " at byte " +
                          std::to_string(at)));
  }
}

TEST(Llama2c, ReadsTheHeaderAndPlacesTensors) {
  for (const bool tied : {true, false}) {
    Config config = small_config(tied);
    config.rope = RopeLayout::interleaved;
    const std::string file = llama2c_bytes(config, 1);
    const Llama2c parsed = parse_llama2c("m.bin", file);
    EXPECT_EQ(parsed.config, config);
    parsed.tensors.check_against(config);
    EXPECT_EQ(parsed.tensors.at("model.embed_tokens.weight").offset, 28U);
  }
}

TEST(Llama2c, RefusesDamage) {
  const Config config = small_config(true);
  const std::string good = llama2c_bytes(config, 1);
  const auto error = [](const std::string& file) { return input_error([&] { parse_llama2c("m.bin", file); }); };
  EXPECT_THAT(error(good.substr(0, 20)), HasSubstr("m.bin: has only 20 bytes"));
  EXPECT_THAT(error(good.substr(0, good.size() - 4)), HasSubstr("its header asks for " + std::to_string(good.size())));
  EXPECT_THAT(error(good + "x"), HasSubstr("its header asks for"));
  for (int field = 0; field < 7; ++field) {
    for (const std::int32_t value : {0, -1, 1 << 30, INT32_MAX, INT32_MIN}) {
      std::string file = good;
      std::memcpy(file.data() + 4 * field, &value, 4);
      EXPECT_NE(error(file), "") << field << " " << value;
    }
  }
}

}  // namespace
}  // namespace orrery::kernels::model
