#include "kernels/model/tokenizer.hpp"

#include <cstring>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "kernels/model/bpe.hpp"
#include "tests/kernels/model/synthetic.hpp"
#include "tests/kernels/random_matrix.hpp"

namespace orrery::kernels::model {
namespace {

using ::testing::HasSubstr;
using Ids = std::vector<int>;
using Json = nlohmann::json;

// Pieces as text, so that a failure can be read.
std::string shown(const Tokenizer& tokenizer, const std::string& text) {
  std::string out;
  for (const int id : tokenizer.encode(text)) out += tokenizer.piece(id) + "|";
  return out;
}

std::string random_bytes(Numbers& numbers, int count) {
  std::string out;
  const std::string common = "the an in  \n'sre";
  for (int i = 0; i < count; ++i)
    out += numbers.integer(0, 3) == 0
               ? static_cast<char>(numbers.integer(0, 255))
               : common[static_cast<std::size_t>(numbers.integer(0, static_cast<int>(common.size()) - 1))];
  return out;
}

// The definition, quadratic: join the leftmost pair of lowest rank until there is none.
Ids naive_merge(Ids symbols, const MergeOf& merge_of) {
  while (true) {
    std::optional<Merge> best;
    std::size_t where = 0;
    for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
      const auto merge = merge_of(symbols[i], symbols[i + 1]);
      if (merge && (!best || merge->rank < best->rank)) best = merge, where = i;
    }
    if (!best) return symbols;
    symbols[where] = best->id;
    symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(where) + 1);
  }
}

TEST(MergePairs, EqualsTheDefinition) {
  Numbers numbers(1);
  for (int round = 0; round < 300; ++round) {
    std::map<std::pair<int, int>, Merge> merges;
    for (int i = 0; i < 12; ++i)
      merges[{numbers.integer(0, 3 + i), numbers.integer(0, 3 + i)}] = {static_cast<double>(numbers.integer(0, 6)),
                                                                        4 + i};
    const MergeOf merge_of = [&](int a, int b) -> std::optional<Merge> {
      const auto found = merges.find({a, b});
      return found == merges.end() ? std::nullopt : std::optional(found->second);
    };
    Ids symbols;
    for (int i = numbers.integer(0, 40); i > 0; --i) symbols.push_back(numbers.integer(0, 3));
    EXPECT_EQ(merge_pairs(symbols, merge_of), naive_merge(symbols, merge_of));
  }
}

TEST(Llama2cTokenizer, MergesByBestScore) {
  const auto tokenizer = Tokenizer::parse_llama2c("t", llama2c_tokenizer_bytes(), 300);
  // "he" has the best score, so "the" becomes t + he before th can form; "the" then joins as a whole.
  EXPECT_EQ(shown(*tokenizer, "the hen"), " the| |he|n|");
  EXPECT_EQ(shown(*tokenizer, "A\n"), " |A|\n|");
  EXPECT_EQ(tokenizer->encode(""), Ids{});
  EXPECT_EQ(tokenizer->bos(), 1);
  EXPECT_TRUE(tokenizer->is_eos(2));
  EXPECT_EQ(tokenizer->piece(1), "");
  EXPECT_EQ(tokenizer->decode({1, tokenizer->encode("the")[0]}), "the");
}

TEST(ByteLevelTokenizer, KnowsGpt2sMap) {
  const auto tokenizer = Tokenizer::parse_hf("t", byte_level_tokenizer_json());
  EXPECT_EQ(shown(*tokenizer, "the the in"), "the| the| |in|");
  EXPECT_EQ(tokenizer->encode("a<|endoftext|>b"), (Ids{tokenizer->encode("a")[0], 0, tokenizer->encode("b")[0]}));
  EXPECT_EQ(tokenizer->decode({0}), "");
  EXPECT_EQ(tokenizer->bos(), -1);
  EXPECT_EQ(tokenizer->eos(), -1);
}

TEST(SentencePieceTokenizer, PutsABlankInFront) {
  const auto legacy =
      Tokenizer::parse_hf("t", sentence_piece_tokenizer_json(
                                   R"({"normalizer":{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},
          {"type":"Replace","pattern":{"String":" "},"content":"▁"}]},"pre_tokenizer":null})"));
  EXPECT_EQ(shown(*legacy, "the a  é"), " the| a|  |\xC3|\xA9|");
  EXPECT_EQ(shown(*legacy, "a</s>a"), " a|| a|");
  const auto newer = Tokenizer::parse_hf(
      "t",
      sentence_piece_tokenizer_json(
          R"({"normalizer":null,"pre_tokenizer":{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":false}})"));
  EXPECT_EQ(shown(*newer, "a</s>a"), " a||a|");
  const auto never = Tokenizer::parse_hf(
      "t", sentence_piece_tokenizer_json(
               R"({"pre_tokenizer":{"type":"Metaspace","replacement":"▁","prepend_scheme":"never","split":true}})"));
  EXPECT_EQ(shown(*never, "the  the"), "the| | the|");
}

TEST(Tokenizers, GiveAnyBytesBack) {
  Numbers numbers(2);
  const auto llama2c = Tokenizer::parse_llama2c("t", llama2c_tokenizer_bytes());
  const auto byte_level = Tokenizer::parse_hf("t", byte_level_tokenizer_json());
  const auto sentence_piece = Tokenizer::parse_hf(
      "t",
      sentence_piece_tokenizer_json(
          R"({"normalizer":null,"pre_tokenizer":{"type":"Metaspace","replacement":"▁","prepend_scheme":"never","split":false}})"));
  for (int round = 0; round < 300; ++round) {
    const std::string text = random_bytes(numbers, numbers.integer(0, 60));
    for (const auto& tokenizer : {llama2c, byte_level, sentence_piece})
      EXPECT_EQ(tokenizer->decode(tokenizer->encode(text)), text);
  }
}

TEST(Llama2cTokenizer, RefusesDamage) {
  const std::string good = llama2c_tokenizer_bytes();
  const auto error = [](const std::string& file, int vocab = 0) {
    return input_error([&] { static_cast<void>(Tokenizer::parse_llama2c("t.bin", file, vocab)); });
  };
  EXPECT_EQ(error(good), "");
  EXPECT_THAT(error(good, 301), HasSubstr("t.bin: has 300 tokens (the model needs 301)"));
  EXPECT_THAT(error(""), HasSubstr("has only 0 bytes"));
  EXPECT_THAT(error(good.substr(0, good.size() - 3)), HasSubstr("token 299"));
  EXPECT_THAT(error(good.substr(0, 1000)), HasSubstr("t.bin: token"));
  std::string file = good;
  file.replace(4, 4, std::string("\0\0\xC0\x7F", 4));
  EXPECT_THAT(error(file), HasSubstr("token 0 at byte 4 has no finite score"));
  file = good;
  file.replace(8, 4, std::string("\xFF\xFF\xFF\x7F", 4));
  EXPECT_THAT(error(file), HasSubstr("claims 2147483647 bytes"));
}

TEST(HfTokenizer, RefusesWhatItDoesNotImplement) {
  const Json good = Json::parse(byte_level_tokenizer_json());
  const auto error = [&](auto change) {
    Json json = good;
    change(json);
    return input_error([&] { static_cast<void>(Tokenizer::parse_hf("t.json", json.dump())); });
  };
  EXPECT_EQ(error([](Json&) {}), "");
  EXPECT_THAT(error([](Json& j) { j["model"]["type"] = "Unigram"; }), HasSubstr("t.json: model of type \"Unigram\""));
  EXPECT_THAT(error([](Json& j) { j["normalizer"] = {{"type", "NFC"}}; }), HasSubstr("normalizer {\"type\":\"NFC\"}"));
  EXPECT_THAT(error([](Json& j) { j["pre_tokenizer"] = {{"type", "Digits"}}; }), HasSubstr("pre_tokenizer"));
  EXPECT_THAT(error([](Json& j) { j["model"]["dropout"] = 0.1; }), HasSubstr("dropout 0.1"));
  EXPECT_THAT(error([](Json& j) { j["model"]["merges"].push_back("x"); }), HasSubstr("is not two tokens"));
  EXPECT_THAT(error([](Json& j) { j["model"]["merges"].push_back("a q9"); }), HasSubstr("a merge uses 'q9'"));
  EXPECT_THAT(error([](Json& j) { j["model"]["merges"].push_back("a z"); }), HasSubstr("a merge uses 'az'"));
  EXPECT_THAT(error([](Json& j) { j["model"]["vocab"].erase("a"); }), HasSubstr("ids leave no gap"));
  EXPECT_THAT(error([](Json& j) { j["model"]["vocab"]["a"] = 2; }), HasSubstr("have the same id 2"));
  EXPECT_THAT(error([](Json& j) { j["added_tokens"][0]["lstrip"] = true; }), HasSubstr("has lstrip"));
  EXPECT_THAT(input_error([] { static_cast<void>(Tokenizer::parse_hf("t.json", "nonsense")); }),
              HasSubstr("is not a JSON object"));
  EXPECT_THAT(
      input_error([] {
        static_cast<void>(Tokenizer::parse_hf("t.json", byte_level_tokenizer_json(), R"({"eos_token_id":999})"));
      }),
      HasSubstr("eos_token_id = 999 is not a token"));
}

}  // namespace
}  // namespace orrery::kernels::model
