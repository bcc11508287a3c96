// What files say about their tokenizers, checked: the two kinds that tokenizers are made of.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "kernels/model/bpe.hpp"

namespace orrery::kernels::model {

// Joins the pairs that a list names: tokenizer.json, and GGUF's "gpt2".
struct MergeVocabulary {
  struct Added {
    std::string text;  // found in a text before anything else happens
    int id;
    bool special;
  };
  enum class Prefix { never, first, every };  // which stretches between added tokens get a blank in front

  std::string place;                                // the file, for messages
  std::vector<std::string> tokens;                  // by id, as the file spells them
  std::unordered_map<std::string, int> ids;         // without added tokens
  std::unordered_map<std::uint64_t, Merge> merges;  // key: left id << 32 | right id
  std::vector<Added> added;
  bool byte_level = false;  // GPT-2's map of bytes to characters; otherwise SentencePiece-like with "▁" for a blank
  bool words = false;       // merges stay inside words: GPT-2's pattern, or a new word at every "▁"
  Prefix prefix = Prefix::never;
  int unknown = -1;
  int bos = -1;
  std::vector<int> eos;

  static std::uint64_t key(int left, int right) {
    return static_cast<std::uint64_t>(left) << 32 | static_cast<std::uint32_t>(right);
  }
  int id_of(const std::string& token, const char* user) const;  // InputError that names the user if there is none
  // "left right" at the next rank. InputError if one of them, or what they become, is no token.
  void add_merge(const std::string& left, const std::string& right);
};

// Joins any pair that is a token together, the best score first (SentencePiece): llama2.c, and GGUF's "llama".
// Control tokens are not found in texts; user-defined ones are, before anything else.
struct ScoreVocabulary {
  enum class Kind { normal, unknown, control, user, unused, byte };
  struct Token {
    std::string text;  // with a blank for "▁"
    float score;
    Kind kind;
  };

  std::string place;
  std::vector<Token> tokens;  // by id
  bool prefix = true;         // every stretch of text gets a blank in front
  int bos = -1;
  std::vector<int> eos;
};

using Vocabulary = std::variant<std::monostate, MergeVocabulary, ScoreVocabulary>;
int size(const Vocabulary& vocabulary);

// InputError if the bytes are damaged or describe a tokenizer of another kind. tokenizer.json does not say which tokens
// begin and end a text: config_json (may be empty) does.
MergeVocabulary parse_hf_vocabulary(std::string place, std::string_view json, std::string_view config_json);
// llama2.c: maximum token length, then for each token an fp32 score, an int32 length and the bytes.
ScoreVocabulary parse_llama2c_vocabulary(std::string place, std::string_view bytes);

}  // namespace orrery::kernels::model
