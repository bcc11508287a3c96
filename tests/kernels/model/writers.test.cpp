#include "kernels/model/writers.hpp"

#include <cstring>

#include <gmock/gmock.h>

#include "data/facts.hpp"
#include "kernels/model/gguf.hpp"
#include "kernels/model/model.hpp"
#include "kernels/sample.hpp"
#include "tests/kernels/model/gguf_model.hpp"
#include "tests/kernels/model/synthetic.hpp"
#include "tests/kernels/model/whole.hpp"
#include "tests/kernels/random_matrix.hpp"

namespace orrery::kernels::model {
namespace {

using ::testing::HasSubstr;

// Files in memory, as a source that can be made a model of or written again.
struct Files {
  std::string gguf, config, weights, tokenizer, llama2c;

  Source source() const {
    if (!llama2c.empty()) {
      Llama2c parsed = parse_llama2c("m.bin", llama2c);
      return {"llama2.c", parsed.config, std::move(parsed.tensors), {}, {}};
    }
    if (gguf.empty()) return source_of_bytes(config, weights, tokenizer);
    Source source = parse_gguf("m.gguf", gguf);
    source.check();
    return source;
  }
  std::shared_ptr<const Model> model() const { return Model::make(source()); }
  Files to_gguf(std::optional<Dtype> dtype = {}) const {
    Files out;
    write_gguf(source(), dtype, [&](std::string_view bytes) { out.gguf += bytes; });
    return out;
  }
  Files to_safetensors(std::optional<Dtype> dtype = {}) const {
    const Source from = source();
    Files out{{}, hf_config_json(from), {}, hf_tokenizer_json(from)};
    write_safetensors(from, dtype, [&](std::string_view bytes) { out.weights += bytes; });
    return out;
  }
};

Files synthetic(bool tied, const char* dtype) {
  const Config config = small_config(tied);
  return {{}, config_json(config), safetensors_bytes(config, dtype, 5), byte_level_tokenizer_json()};
}

void expect_same_model(const Model& a, const Model& b) {
  EXPECT_EQ(a.config(), b.config());
  const std::vector<int> tokens{1, 40, 7, 200, 0, 5, 5, 18};
  const auto run = [&](const Model& model) {
    const std::shared_ptr<const Model> shared(std::shared_ptr<const Model>(), &model);
    return Whole(shared).logits(tokens, 0, 8);
  };
  EXPECT_TRUE(same_bits(run(a), run(b)));
}

void expect_same_tokenizer(const Tokenizer& a, const Tokenizer& b) {
  EXPECT_EQ(a.bos(), b.bos());
  Numbers numbers(1);
  const std::string common = "the an in  \n'sre";
  for (int round = 0; round < 200; ++round) {
    std::string text;
    for (int i = numbers.integer(0, 40); i > 0; --i)
      text += numbers.integer(0, 5) == 0 ? static_cast<char>(numbers.integer(0, 255))
                                         : common[static_cast<std::size_t>(numbers.integer(0, 15))];
    const auto ids = a.encode(text);
    EXPECT_EQ(ids, b.encode(text)) << text;
    EXPECT_EQ(a.decode(ids), b.decode(ids));
  }
}

TEST(Writers, KeepEveryBitInBothDirections) {
  for (const bool tied : {true, false}) {
    for (const char* dtype : {"F32", "BF16", "F16"}) {
      const Files start = synthetic(tied, dtype);
      const Files gguf = start.to_gguf(), back = gguf.to_safetensors(), again = back.to_gguf();
      for (const Files* files : {&gguf, &back, &again}) {
        expect_same_model(*files->model(), *start.model());
        expect_same_tokenizer(*files->model()->tokenizer(), *start.model()->tokenizer());
      }
      expect_same_model(*start.to_gguf(Dtype::f32).model(), *start.model());
      expect_same_model(*start.to_safetensors(Dtype::f32).model(), *start.model());
    }
  }
}

// Interleaved from the start, with scores: what llama2.c and llama.cpp's files are.
TEST(Writers, KeepInterleavedModelsAndScores) {
  GgufBytes file = gguf_model(small_config(false), 2);
  add_score_vocabulary(file);
  const Files start{file.bytes(), {}, {}, {}};
  const Files folder = start.to_safetensors(), again = folder.to_gguf(), direct = start.to_gguf();
  for (const Files* files : {&folder, &again, &direct}) expect_same_model(*files->model(), *start.model());
  for (const Files* files : {&folder, &again, &direct})
    expect_same_tokenizer(*files->model()->tokenizer(), *start.model()->tokenizer());
}

TEST(Writers, KeepWhatLlama2cFilesHold) {
  for (const bool tied : {true, false}) {
    const Files start{{}, {}, {}, {}, llama2c_bytes(small_config(tied), 4)};
    const Files gguf = start.to_gguf(), folder = start.to_safetensors();
    const Files turned = gguf.to_safetensors(), again = folder.to_gguf();
    for (const Files* files : {&gguf, &folder, &turned, &again}) expect_same_model(*files->model(), *start.model());
  }
}

// For other programs the weights are what they would be without our note: only this key sets the files apart.
TEST(Writers, StoreQueriesAndKeysAsTheFormatHasThem) {
  Config config = small_config(true);
  const Files start{{}, config_json(config), safetensors_bytes(config, "F32", 6), {}};
  const std::string ours = start.to_gguf().gguf, theirs = gguf_model(config, 6).bytes();
  const GgufFile a = parse_gguf_file("a", ours), b = parse_gguf_file("b", theirs);
  ASSERT_EQ(a.tensors.tensors.size(), b.tensors.tensors.size());
  for (const auto& [name, tensor] : a.tensors.tensors)
    EXPECT_TRUE(same_bits(a.tensors.read(name), b.tensors.read(name))) << name;
  EXPECT_EQ(a.text(gguf_rope_key), "half_split");
}

TEST(Writers, QuantiseAsTheKernelsDo) {
  Config config = small_config(true);
  config.hidden = 64, config.head_dim = 16, config.ffn = 96;
  const Files start{{}, config_json(config), safetensors_bytes(config, "F32", 7), {}};
  const std::pair<Dtype, WeightType> types[] = {{Dtype::q8_0, WeightType::int8}, {Dtype::q4_0, WeightType::int4}};
  for (const auto& [dtype, type] : types) {
    const Files small = start.to_gguf(dtype);
    // Moved as they are stored: packed, they are what the kernels would have made of the source.
    const auto got = small.model()->load_block(1, type), want = start.model()->load_block(1, type);
    for (const auto matrix : {&BlockWeights::qkv, &BlockWeights::output, &BlockWeights::gate_up, &BlockWeights::down})
      EXPECT_EQ(std::memcmp(((*got).*matrix).data(), ((*want).*matrix).data(), ((*want).*matrix).bytes()), 0);
    EXPECT_EQ(got->ffn_norm, want->ffn_norm);
    // Widened, they are the fp16 scale times the integer.
    EXPECT_EQ(small.model()->load_block(1)->down.at(5, 40), want->down.at(5, 40));
    EXPECT_LT(small.gguf.size(), start.weights.size() / (dtype == Dtype::q8_0 ? 3 : 5));
    EXPECT_THAT(input_error([&] { static_cast<void>(small.to_safetensors()); }), HasSubstr("Add --dtype f32"));
    expect_same_model(*small.to_safetensors(Dtype::f32).model(), *small.model());
  }
  EXPECT_THAT(input_error([] { static_cast<void>(synthetic(true, "F32").to_gguf(Dtype::q8_0)); }),
              HasSubstr("has rows of 24 (q8_0 stores 32 values together)"));
}

TEST(Writers, RefuseWhatWouldBecomeInfinite) {
  Config config = small_config(true);
  config.hidden = 64, config.head_dim = 16, config.ffn = 96;
  std::string weights = safetensors_bytes(config, "F32", 7);
  const float large = 3e38F;
  std::memcpy(weights.data() + data_offset(weights, "model.layers.0.mlp.up_proj.weight"), &large, 4);
  const Files start{{}, config_json(config), weights, {}};
  EXPECT_THAT(input_error([&] { static_cast<void>(start.to_gguf(Dtype::q8_0)); }),
              HasSubstr("tensor 'model.layers.0.mlp.up_proj.weight' holds a number beyond q8_0"));
}

// A tokenizer that GGUF's own keys cannot describe travels whole.
TEST(Writers, TakeAnyTokenizerAlong) {
  Files start = synthetic(true, "F32");
  start.tokenizer = sentence_piece_tokenizer_json(
      R"({"normalizer":null,"pre_tokenizer":{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":false}})");
  const Files gguf = start.to_gguf();
  expect_same_tokenizer(*gguf.model()->tokenizer(), *start.model()->tokenizer());
  EXPECT_EQ(gguf.to_safetensors().tokenizer, start.tokenizer);
  EXPECT_EQ(gguf.model()->tokenizer()->eos(), 2);
  EXPECT_TRUE(gguf.model()->tokenizer()->is_eos(5));
}

// --- the model that travels inside the program ---

std::string greedy(const Model& model, const std::string& prompt) {
  const std::shared_ptr<const Model> shared(std::shared_ptr<const Model>(), &model);
  Whole run(shared);
  std::vector<int> tokens = model.tokenizer()->encode(prompt), out;
  Matrix logits = run.logits(tokens, 0, static_cast<int>(tokens.size()));
  while (out.size() < 60) {
    out.push_back(sample_greedy(logits.view().row_span(logits.rows() - 1)));
    logits = run.logits(std::span(out).last(1), static_cast<int>(tokens.size() + out.size()) - 1, 1);
  }
  return model.tokenizer()->decode(out);
}

TEST(Writers, TheEmbeddedModelSaysTheSame) {
  const Files start{{},
                    std::string(data::fact("model/config.json")),
                    std::string(data::fact("model/model.safetensors")),
                    std::string(data::fact("model/tokenizer.json"))};
  const std::string prompt = "ROMEO:\n", want = greedy(*start.model(), prompt);
  for (const Dtype dtype : {Dtype::f32, Dtype::bf16}) {
    EXPECT_EQ(greedy(*start.to_gguf(dtype).model(), prompt), want);
    EXPECT_EQ(greedy(*start.to_gguf(dtype).to_safetensors().model(), prompt), want);
  }
  // Other weights, but still a model of English.
  const std::string coarse = greedy(*start.to_gguf(Dtype::q8_0).model(), prompt);
  EXPECT_THAT(coarse, HasSubstr("\n"));
}

}  // namespace
}  // namespace orrery::kernels::model
