#include "kernels/model/gguf.hpp"

#include <gmock/gmock.h>

#include "kernels/model/model.hpp"
#include "tests/kernels/model/gguf_model.hpp"
#include "tests/kernels/model/synthetic.hpp"
#include "tests/kernels/model/whole.hpp"
#include "tests/kernels/random_matrix.hpp"

namespace orrery::kernels::model {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

GgufBytes one_tensor(std::uint32_t type, std::vector<std::uint64_t> dimensions, std::string data) {
  GgufBytes file;
  file.tensors.push_back({"a", std::move(dimensions), type, std::move(data)});
  return file;
}

std::string error_of(const GgufBytes& file) {
  return input_error([bytes = file.bytes()] { parse_gguf_file("m.gguf", bytes); });
}
std::string error_of(const std::string& bytes) {
  return input_error([&] { parse_gguf_file("m.gguf", bytes); });
}

TEST(GgufFile, WidensAllDtypesExactly) {
  GgufBytes file;
  std::string q8 = raw(std::uint16_t{0x3400}), q4 = raw(std::uint16_t{0xB800});  // 0.25 and -0.5
  for (int i = 0; i < 32; ++i) q8 += static_cast<char>(8 * i - 128);
  for (int i = 0; i < 16; ++i) q4 += static_cast<char>(i | (15 - i) << 4);
  file.tensors = {{"f32", {3}, 0, raw(1.0F) + raw(-3.25F) + raw(0x1p-149F)},
                  {"f16", {2}, 1, raw(std::uint16_t{0x3C00}) + raw(std::uint16_t{0x0001})},
                  {"bf16", {1, 2}, 30, raw(std::uint16_t{0x3F80}) + raw(std::uint16_t{0xC049})},
                  {"q8_0", {32}, 8, q8},
                  {"q4_0", {32}, 2, q4}};
  const std::string bytes = file.bytes();
  const GgufFile read = parse_gguf_file("m", bytes);
  const auto check = [&](const char* name, const std::vector<float>& want) {
    const Matrix got = read.tensors.read(name);
    EXPECT_TRUE(same_bits({want.data(), got.rows(), got.cols(), got.cols()}, got)) << name;
  };
  check("f32", {1.0F, -3.25F, 0x1p-149F});
  check("f16", {1.0F, 0x1p-24F});
  check("bf16", {1.0F, -3.140625F});
  std::vector<float> want8, want4(32);
  for (int i = 0; i < 32; ++i) want8.push_back(0.25F * static_cast<float>(8 * i - 128));
  for (std::size_t i = 0; i < 16; ++i) {
    want4[i] = -0.5F * (static_cast<float>(i) - 8);
    want4[i + 16] = -0.5F * (7 - static_cast<float>(i));
  }
  check("q8_0", want8);
  check("q4_0", want4);
  EXPECT_EQ(read.tensors.at("bf16").shape, (std::vector<long long>{2, 1}));
}

TEST(GgufFile, ReadsEveryTypeOfValue) {
  GgufBytes file;
  file.version = 2;
  file.key("i8", 1, raw(std::int8_t{-3}));
  file.key("u64", 10, raw(std::uint64_t{1} << 40));
  file.key("f64", 12, raw(0.1));
  file.key("yes", 7, raw(std::uint8_t{1}));
  file.text("text", "words");
  file.texts("texts", {"", "b"});
  file.list("list", 5, std::vector<std::int32_t>{4, -4});
  file.list("nothing", 8, std::vector<std::int32_t>{});
  const std::string bytes = file.bytes();
  const GgufFile read = parse_gguf_file("m", bytes);
  EXPECT_EQ(read.integer("i8"), -3);
  EXPECT_EQ(read.integer("u64"), std::int64_t{1} << 40);
  EXPECT_EQ(read.real("f64"), 0.1);
  EXPECT_EQ(read.truth("yes"), true);
  EXPECT_EQ(read.text("text"), "words");
  EXPECT_EQ(read.texts("texts"), (std::vector<std::string>{"", "b"}));
  EXPECT_EQ(read.integers("list"), (std::vector<std::int64_t>{4, -4}));
  EXPECT_EQ(read.texts("nothing"), std::vector<std::string>{});
  EXPECT_EQ(read.integer("none"), std::nullopt);
  EXPECT_THAT(input_error([&] { static_cast<void>(read.integer("text")); }),
              AllOf(HasSubstr("m: key 'text' at byte "), HasSubstr("is not an integer (its type is 8)")));
  EXPECT_THAT(input_error([&] { static_cast<void>(read.text("list")); }), HasSubstr("an array of 2"));
}

TEST(GgufFile, RefusesLiesInTheHeader) {
  EXPECT_THAT(error_of(std::string("GGML") + std::string(40, '\0')), HasSubstr("m.gguf: is not a GGUF file"));
  EXPECT_THAT(error_of(GgufBytes{}.bytes().substr(0, 20)), HasSubstr("it has 20 bytes"));
  GgufBytes file;
  file.version = 1;
  EXPECT_THAT(error_of(file), HasSubstr("is GGUF version 1"));
  file.version = 0x03000000;
  EXPECT_THAT(error_of(file), HasSubstr("big-endian"));
  const std::string good = one_tensor(0, {4}, std::string(16, '\0')).bytes();
  const auto with = [&](std::size_t at, std::uint64_t value) { return std::string(good).replace(at, 8, raw(value)); };
  EXPECT_EQ(error_of(good), "");
  EXPECT_THAT(error_of(with(8, 1U << 30)), HasSubstr("its header claims 1073741824 tensors"));
  EXPECT_THAT(error_of(with(16, UINT64_MAX)), HasSubstr("its header claims 18446744073709551615 keys"));
  EXPECT_THAT(error_of(with(24, UINT64_MAX)), HasSubstr("the name of tensor 0 at byte 32 claims 1844674407370955"));
}

TEST(GgufFile, RefusesLyingValues) {
  const auto error = [](std::uint32_t type, const std::string& value) {
    GgufBytes file;
    file.key("k", type, value);
    return error_of(file);
  };
  EXPECT_THAT(error(13, raw(0)), HasSubstr("key 'k' at byte 33 has type 13"));
  EXPECT_THAT(error(8, raw(std::uint64_t{9}) + "short"), HasSubstr("key 'k' at byte 45 claims 9 bytes"));
  EXPECT_THAT(error(9, raw(std::uint32_t{9}) + raw(std::uint64_t{1})), HasSubstr("array of arrays"));
  EXPECT_THAT(error(9, raw(std::uint32_t{0}) + raw(UINT64_MAX)), HasSubstr("claims 18446744073709551615 values"));
  EXPECT_THAT(error(9, raw(std::uint32_t{8}) + raw(std::uint64_t{2}) + raw_text("a")), HasSubstr("claims 2 values"));
  GgufBytes twice;
  twice.u32("k", 1);
  twice.u32("k", 1);
  EXPECT_THAT(error_of(twice), HasSubstr("is there twice"));
}

TEST(GgufFile, RefusesLyingTensors) {
  const std::string data(64, '\0');
  EXPECT_THAT(error_of(one_tensor(12, {256}, data)), HasSubstr("tensor 'a' at byte 45 has type 12, Q4_K"));
  EXPECT_THAT(error_of(one_tensor(99, {4}, data)), HasSubstr("has type 99 (it is not one that can be read)"));
  EXPECT_THAT(error_of(one_tensor(0, {}, data)), HasSubstr("tensor 'a' at byte 24 has 0 dimensions"));
  EXPECT_THAT(error_of(one_tensor(0, {4, 0}, data)), HasSubstr("has a dimension of 0"));
  EXPECT_THAT(error_of(one_tensor(0, {INT32_MAX, INT32_MAX, INT32_MAX}, data)), HasSubstr("is too large"));
  EXPECT_THAT(error_of(one_tensor(8, {33}, data)), HasSubstr("has rows of 33 (q8_0 stores 32 values together)"));
  EXPECT_THAT(error_of(one_tensor(0, {17}, data)),
              AllOf(HasSubstr("tensor 'a' lies at data byte 0 with 68 bytes"), HasSubstr("truncated")));
  EXPECT_THAT(error_of(one_tensor(0, {4}, data)), HasSubstr("the file goes on after its last tensor"));
  GgufBytes two = one_tensor(0, {4}, data.substr(0, 16));
  two.tensors.push_back({"b", {4}, 0, data.substr(0, 16)});
  EXPECT_EQ(error_of(two), "");
  const std::string good = two.bytes();
  const std::size_t offset_of_b = two.header().size() - 8;
  const auto moved = [&](std::uint64_t offset) { return std::string(good).replace(offset_of_b, 8, raw(offset)); };
  EXPECT_THAT(error_of(moved(0)), HasSubstr("overlaps the tensor before it"));
  EXPECT_THAT(error_of(moved(16)), HasSubstr("is not where it should be"));
  EXPECT_THAT(error_of(moved(UINT64_MAX - 8)), HasSubstr("tensor 'b' lies at data byte 18446744073709551607"));
  two.tensors[1].name = "a";
  EXPECT_THAT(error_of(two), HasSubstr("is named twice"));
  two.tensors[1].name = std::string(65, 'x');
  EXPECT_THAT(error_of(two), HasSubstr("has 65 bytes (1 to 64 were expected)"));
}

TEST(GgufFile, KnowsAlignment) {
  GgufBytes file = one_tensor(0, {4}, std::string(16, '\1'));
  file.tensors.push_back({"b", {1}, 0, raw(2.0F)});
  file.alignment = 128;
  EXPECT_THAT(error_of(file), HasSubstr("is not where it should be"));
  file.u32("general.alignment", 128);
  const std::string bytes = file.bytes();
  EXPECT_EQ(parse_gguf_file("m", bytes).tensors.read("b")(0, 0), 2.0F);
  for (const std::uint32_t wrong : {0U, 7U, 24U, 1U << 31}) {
    file.set("general.alignment", 4, raw(wrong));
    EXPECT_THAT(error_of(file), HasSubstr("general.alignment is ")) << wrong;
  }
}

TEST(GgufFile, NamesTheByteOfABadNumber) {
  std::string data(3 * 34, '\0');
  data.replace(34, 2, raw(std::uint16_t{0x7E00}));
  const std::string bytes = one_tensor(8, {96}, data).bytes();
  const GgufFile file = parse_gguf_file("m", bytes);
  EXPECT_THAT(input_error([&] { static_cast<void>(file.tensors.read("a")); }),
              HasSubstr("m: tensor 'a' holds NaN at byte " + std::to_string(file.tensors.at("a").offset + 34)));
}

// --- models ---

std::shared_ptr<const Model> model_of(const std::string& bytes) {
  Source source = parse_gguf("m.gguf", bytes);
  source.check();
  return Model::make(std::move(source));
}

TEST(Gguf, IsTheModelThatWasConverted) {
  for (const bool tied : {true, false}) {
    const Config config = small_config(tied);
    const std::string json = config_json(config), weights = safetensors_bytes(config, "F32", 3);
    const auto want = Model::open_bytes(json, weights, "");
    GgufBytes file = gguf_model(config, 3);
    const std::string plain = file.bytes();
    Config interleaved = config;
    interleaved.rope = RopeLayout::interleaved;
    EXPECT_EQ(model_of(plain)->config(), interleaved);
    const std::vector<int> tokens{1, 40, 7, 299, 0, 5, 5, 18};
    const Matrix logits = Whole(want).logits(tokens, 0, 8), near = Whole(model_of(plain)).logits(tokens, 0, 8);
    for (std::size_t i = 0; i < logits.size(); ++i) EXPECT_NEAR(near.data()[i], logits.data()[i], 1e-4);
    // With the note of where it came from, to the last bit.
    file.text(gguf_rope_key, "half_split");
    const std::string noted = file.bytes();
    EXPECT_EQ(model_of(noted)->config(), config);
    EXPECT_TRUE(same_bits(Whole(model_of(noted)).logits(tokens, 0, 8), logits));
  }
}

TEST(Gguf, SaysWhatIsMissingOrStrange) {
  const GgufBytes good = gguf_model(small_config(true), 1);
  const auto error = [&](auto change) {
    GgufBytes file = good;  // NOLINT(performance-unnecessary-copy-initialization): change() may change it
    change(file);
    return input_error([bytes = file.bytes()] { parse_gguf("m.gguf", bytes).check(); });
  };
  using File = GgufBytes&;
  EXPECT_EQ(error([](File) {}), "");
  EXPECT_THAT(error([](File f) { f.set("general.architecture", 8, raw_text("qwen2")); }),
              HasSubstr("general.architecture is 'qwen2' (its block may differ from LLaMA's). Known: llama."));
  EXPECT_THAT(error([](File f) { f.set("llama.block_count", 4, ""); }), HasSubstr("no key 'llama.block_count'"));
  EXPECT_THAT(error([](File f) { f.set("llama.block_count", 4, raw(2U)); }),
              HasSubstr("tensor 'blk.2.attn_k.weight' at byte "));
  EXPECT_THAT(error([](File f) { f.set("llama.block_count", 4, raw(4U)); }),
              HasSubstr("tensor 'model.layers.3.input_layernorm.weight' is missing"));
  EXPECT_THAT(error([](File f) { f.set("llama.block_count", 5, raw(-1)); }), HasSubstr("llama.block_count = -1"));
  EXPECT_THAT(error([](File f) { f.set("llama.block_count", 8, raw_text("3")); }), HasSubstr("is not an integer"));
  EXPECT_THAT(error([](File f) { f.set("llama.feed_forward_length", 4, raw(41U)); }), HasSubstr("has shape [40, 24]"));
  EXPECT_THAT(error([](File f) { f.u32("llama.vocab_size", 299); }), HasSubstr("has 300 rows"));
  EXPECT_THAT(error([](File f) { f.u32("llama.rope.dimension_count", 4); }), HasSubstr("not the width of a head"));
  EXPECT_THAT(error([](File f) { f.u32("llama.attention.sliding_window", 64); }),
              HasSubstr("key 'llama.attention.sliding_window' at byte "));
  EXPECT_THAT(error([](File f) {
                f.text("llama.rope.scaling.type", "linear");
                f.f32("llama.rope.scaling.factor", 2.0F);
              }),
              HasSubstr("rope.scaling.type is 'linear'"));
  EXPECT_THAT(error([](File f) { f.text(gguf_rope_key, "spiral"); }), HasSubstr("orrery.rope.layout is 'spiral'"));
  EXPECT_THAT(error([](File f) { f.u32("split.count", 2); }), HasSubstr("one part of several"));
  EXPECT_THAT(error([](File f) {
                f.tensors.push_back({"rope_freqs.weight", {1}, 0, raw(1.0F)});
              }),
              HasSubstr("tensor 'rope_freqs.weight' at byte "));
  EXPECT_THAT(error([](File f) { f.tensors[0].name = "embd"; }), HasSubstr("'token_embd.weight' is missing"));
  EXPECT_THAT(error([](File f) { f.tensors[1].name = "blk.0.attn_gate.weight"; }),
              HasSubstr("tensor 'blk.0.attn_gate.weight' at byte "));
  EXPECT_THAT(error([](File f) {
                f.set("llama.attention.head_count_kv", 0, "");
                f.list("llama.attention.head_count_kv", 5, std::vector<std::int32_t>{2, 1, 2});
              }),
              HasSubstr("differs from layer to layer"));
  EXPECT_EQ(error([](File f) {
              f.set("llama.attention.head_count_kv", 0, "");
              f.list("llama.attention.head_count_kv", 5, std::vector<std::int32_t>{2, 2, 2});
            }),
            "");
}

// --- tokenizers ---

TEST(GgufTokenizer, JoinsByScoresLikeTheOneItCameFrom) {
  GgufBytes file = gguf_model(small_config(true), 1);
  add_score_vocabulary(file);
  const std::string bytes = file.bytes();
  const auto got = model_of(bytes)->tokenizer();
  const auto want = Tokenizer::parse_llama2c("t", llama2c_tokenizer_bytes());
  EXPECT_EQ(got->bos(), 1);
  EXPECT_EQ(got->eos(), 2);
  for (const std::string text : {"", "the hen", " the other", "in\n\xFF there", "A\u2581 b"}) {
    EXPECT_EQ(got->encode(text), want->encode(text)) << text;
    EXPECT_EQ(got->decode(got->encode(text)), text);
  }
  file.key("tokenizer.ggml.add_space_prefix", 7, raw(std::uint8_t{0}));
  const std::string bare = file.bytes();
  EXPECT_EQ(model_of(bare)->tokenizer()->decode(model_of(bare)->tokenizer()->encode(" the")), " the");
  EXPECT_EQ(model_of(bare)->tokenizer()->encode("the"), std::vector<int>{static_cast<int>(259 + 2)});
}

TEST(GgufTokenizer, JoinsByMergesLikeTheOneItCameFrom) {
  GgufBytes file = gguf_model(small_config(true), 1);
  add_merge_vocabulary(file);
  const std::string bytes = file.bytes();
  const auto got = model_of(bytes)->tokenizer();
  const auto want = Tokenizer::parse_hf("t", byte_level_tokenizer_json());
  for (const std::string text : {"", "the hen", " the other", "a<|endoftext|>b", "in\n\xFF there", "we'll 1984 é"}) {
    EXPECT_EQ(got->encode(text), want->encode(text)) << text;
    EXPECT_EQ(got->decode(got->encode(text)), want->decode(want->encode(text)));
  }
  EXPECT_EQ(got->piece(0), "");
}

TEST(GgufTokenizer, FindsUserDefinedTokensFirst) {
  GgufBytes file = gguf_model(small_config(true), 1);
  add_score_vocabulary(file);
  std::vector<std::int32_t> kinds(300, 1);
  kinds[0] = 2, kinds[1] = kinds[2] = 3;
  for (std::size_t id = 3; id < 259; ++id) kinds[id] = 6;
  kinds[299] = 4;  // "filler299"
  file.set("tokenizer.ggml.token_type", 0, "");
  file.list("tokenizer.ggml.token_type", 5, kinds);
  const std::string bytes = file.bytes();
  const auto words = model_of(bytes)->tokenizer();
  EXPECT_EQ(words->encode("filler299"), std::vector<int>{299});
  EXPECT_EQ(words->piece(299), "filler299");
  const auto mixed = words->encode("the filler299the");
  EXPECT_EQ(std::count(mixed.begin(), mixed.end(), 299), 1);
}

TEST(GgufTokenizer, RefusesDamage) {
  const auto error = [](auto add, auto change) {
    GgufBytes file = gguf_model(small_config(true), 1);
    add(file);
    change(file);
    return input_error([bytes = file.bytes()] { static_cast<void>(model_of(bytes)); });
  };
  const auto scores = [&](auto change) { return error(add_score_vocabulary, change); };
  const auto merges = [&](auto change) { return error(add_merge_vocabulary, change); };
  using File = GgufBytes&;
  EXPECT_EQ(scores([](File) {}), "");
  EXPECT_EQ(merges([](File) {}), "");
  EXPECT_THAT(scores([](File f) { f.set("tokenizer.ggml.model", 8, raw_text("t5")); }),
              HasSubstr("tokenizer.ggml.model is 't5'"));
  EXPECT_THAT(scores([](File f) { f.set("tokenizer.ggml.scores", 0, ""); }), HasSubstr("scores has 0 entries"));
  EXPECT_THAT(scores([](File f) { f.set("tokenizer.ggml.eos_token_id", 4, raw(300U)); }), HasSubstr("is not a token"));
  EXPECT_THAT(scores([](File f) {
                f.set("tokenizer.ggml.token_type", 0, "");
                f.list("tokenizer.ggml.token_type", 5, std::vector<std::int32_t>(300, 7));
              }),
              HasSubstr("token 0 has type 7"));
  EXPECT_THAT(scores([](File f) {
                f.set("tokenizer.ggml.token_type", 0, "");
                f.list("tokenizer.ggml.token_type", 5, std::vector<std::int32_t>(300, 1));
              }),
              HasSubstr("byte 0 has no token"));
  EXPECT_THAT(scores([](File f) {
                f.set("tokenizer.ggml.scores", 0, "");
                f.list("tokenizer.ggml.scores", 6, std::vector<float>(300, NAN));
              }),
              HasSubstr("token 0 has no finite score"));
  EXPECT_THAT(merges([](File f) { f.set("tokenizer.ggml.pre", 8, raw_text("llama-bpe")); }),
              HasSubstr("tokenizer.ggml.pre is 'llama-bpe'"));
  EXPECT_THAT(merges([](File f) { f.set("tokenizer.ggml.merges", 0, ""); }),
              HasSubstr("no key 'tokenizer.ggml.merges'"));
  EXPECT_THAT(merges([](File f) {
                f.set("tokenizer.ggml.merges", 0, "");
                f.texts("tokenizer.ggml.merges", {"t q9"});
              }),
              HasSubstr("a merge uses 'q9'"));
}

}  // namespace
}  // namespace orrery::kernels::model
