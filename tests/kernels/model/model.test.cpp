#include "kernels/model/model.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>

#include "kernels/sample.hpp"
#include "tests/kernels/model/folder.hpp"
#include "tests/kernels/model/synthetic.hpp"
#include "tests/kernels/model/whole.hpp"
#include "tests/kernels/random_matrix.hpp"

namespace orrery::kernels::model {
namespace {
namespace fs = std::filesystem;

using ::testing::HasSubstr;

TEST(Model, OpensAFolderAFileAndBytesAlike) {
  const Config config = small_config(true);
  const std::string json = config_json(config), weights = safetensors_bytes(config, "BF16", 1);
  const Folder folder;
  folder.write("config.json", json);
  folder.write("model.safetensors", weights);
  folder.write("tokenizer.json", byte_level_tokenizer_json());
  const auto from_folder = Model::open(folder.path), from_file = Model::open(folder.path / "model.safetensors");
  const auto from_bytes = Model::open_bytes(json, weights, byte_level_tokenizer_json());
  for (const auto& model : {from_folder, from_file, from_bytes}) {
    EXPECT_EQ(model->config(), config);
    EXPECT_EQ(model->block_bytes(), config.block_parameters() * 2);
    ASSERT_NE(model->tokenizer(), nullptr);
    EXPECT_EQ(model->tokenizer()->bos(), 1);
    EXPECT_EQ(model->tokenizer()->eos(), 2);
    EXPECT_TRUE(model->tokenizer()->is_eos(5));
    EXPECT_TRUE(same_bits(model->load_embedding()->table, from_bytes->load_embedding()->table));
  }
}

TEST(Model, OpensLlama2c) {
  const Config config = small_config(false);
  const Folder folder;
  folder.write("m.bin", llama2c_bytes(config, 1));
  EXPECT_EQ(Model::open(folder.path / "m.bin")->tokenizer(), nullptr);
  folder.write("tokenizer.bin", llama2c_tokenizer_bytes());
  const auto model = Model::open(folder.path / "m.bin");
  ASSERT_NE(model->tokenizer(), nullptr);
  EXPECT_EQ(model->tokenizer()->vocab_size(), 300);
  EXPECT_EQ(model->block_bytes(), config.block_parameters() * 4);
}

TEST(Model, SaysWhatIsWrong) {
  const Folder folder;
  const auto error = [](const fs::path& path) { return input_error([&] { static_cast<void>(Model::open(path)); }); };
  EXPECT_THAT(error(folder.path), HasSubstr("model.safetensors: cannot be opened (No such file or directory)"));
  folder.write("model.safetensors", safetensors_bytes(small_config(true), "F32", 1));
  EXPECT_THAT(error(folder.path), HasSubstr("config.json: cannot be opened"));
  folder.write("weights.gguf", "GGUF");
  EXPECT_THAT(error(folder.path / "weights.gguf"), HasSubstr("is not a GGUF file"));
  folder.write("weights.onnx", "");
  EXPECT_THAT(error(folder.path / "weights.onnx"), HasSubstr("its name ends in '.onnx'"));
  folder.write("empty.bin", "");
  EXPECT_THAT(error(folder.path / "empty.bin"), HasSubstr("has only 0 bytes"));
  Config small_vocabulary = small_config(true);
  small_vocabulary.vocab = 200;
  folder.write("config.json", config_json(small_vocabulary));
  folder.write("model.safetensors", safetensors_bytes(small_vocabulary, "F32", 1));
  folder.write("tokenizer.json", byte_level_tokenizer_json());
  EXPECT_THAT(error(folder.path), HasSubstr("has 262 tokens (the model knows 200)"));
}

TEST(Model, ABadNumberIsFoundWhenItsBlockIsLoaded) {
  const Config config = small_config(true);
  std::string weights = safetensors_bytes(config, "F32", 1);
  const std::size_t at = data_offset(weights, "model.layers.2.self_attn.k_proj.weight");
  weights.replace(at, 4, std::string("\0\0\xC0\x7F", 4));
  const std::string json = config_json(config);
  const auto model = Model::open_bytes(json, weights, "");
  EXPECT_NO_THROW(static_cast<void>(model->load_block(1)));
  EXPECT_THAT(input_error([&] { static_cast<void>(model->load_block(2)); }),
              HasSubstr("tensor 'model.layers.2.self_attn.k_proj.weight' holds NaN at byte " + std::to_string(at)));
}

// The data pack is not part of the project: ORRERY_DATA says where it is.
class Stories : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* pack = std::getenv("ORRERY_DATA");
    if (pack == nullptr) GTEST_SKIP() << "ORRERY_DATA is not set: the data pack with stories260K is needed";
    const fs::path models = fs::path(pack) / "models";
    model_ = Model::open(models / "stories260K.bin", models / "tok512.bin");
    std::ifstream file(models / "reference_outputs.txt");
    reference_ << file.rdbuf();
  }

  // The text under the heading that holds `mark`, up to the next heading.
  std::string reference(const std::string& mark) const {
    const std::string all = reference_.str();
    const std::size_t begin = all.find('\n', all.find(mark)) + 1;
    return all.substr(begin, all.find("\n## ", begin) - begin);
  }

  // llama2.c's loop: 256 steps, begin-of-text in front, greedy, until begin-of-text comes again.
  std::string generate(const std::string& prompt, int prefill_chunk, Cpu cpu) const {
    Whole run(model_, cpu);
    const Tokenizer& words = *model_->tokenizer();
    std::vector<int> tokens{words.bos()};
    for (const int id : words.encode(prompt)) tokens.push_back(id);
    Matrix logits = run.logits(tokens, 0, prefill_chunk);
    while (static_cast<int>(tokens.size()) <= 256) {
      const int next = sample_greedy(logits.view().row_span(logits.rows() - 1));
      if (next == words.bos()) break;
      tokens.push_back(next);
      logits = run.logits(std::span(tokens).last(1), static_cast<int>(tokens.size()) - 1, 1);
    }
    return words.decode(tokens);
  }

  std::shared_ptr<const Model> model_;
  std::stringstream reference_;
};

TEST_F(Stories, TellsWhatLlama2cTellsOnEveryPath) {
  const std::string plain = reference("no prompt"), robot = reference("The robot");
  for (const Isa isa : isas()) {
    EXPECT_EQ(generate("", 1, {isa}) + "\n", plain + "\n") << name(isa);
    EXPECT_EQ(generate("The robot", 100, {isa}) + "\n", robot) << name(isa);
  }
  for (const int chunk : {1, 3, 100}) EXPECT_EQ(generate("The robot", chunk, {}) + "\n", robot) << chunk;
}

}  // namespace
}  // namespace orrery::kernels::model
