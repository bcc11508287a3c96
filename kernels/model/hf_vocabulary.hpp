// The data of a tokenizer.json, checked: what tokenizer_hf.cpp works on.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "kernels/model/bpe.hpp"

namespace orrery::kernels::model {

struct HfVocabulary {
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
};

// InputError if the JSON is damaged or describes a tokenizer of another kind.
HfVocabulary parse_hf_vocabulary(std::string place, std::string_view json, std::string_view config_json);

}  // namespace orrery::kernels::model
