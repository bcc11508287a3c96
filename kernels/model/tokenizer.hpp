// Text to token ids and back, for the formats that the model readers meet.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/model/vocabulary.hpp"

namespace orrery::kernels::model {

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  // Null if there is no vocabulary. InputError if a byte has no token.
  static std::shared_ptr<const Tokenizer> make(const Vocabulary& vocabulary);
  // By what the file is: tokenizer.json of Hugging Face, or tokenizer.bin of llama2.c.
  static std::shared_ptr<const Tokenizer> open(const std::filesystem::path& path);
  // vocab tells how many tokens there must be, 0 means as many as there are.
  static std::shared_ptr<const Tokenizer> parse_llama2c(const std::string& place, std::string_view bytes,
                                                        int vocab = 0);
  // BPE models only, byte-level (GPT-2's pattern) or SentencePiece-like with byte fallback; anything else is an
  // InputError. tokenizer.json does not say which tokens begin and end a text: config_json (may be empty) does.
  static std::shared_ptr<const Tokenizer> parse_hf(std::string place, std::string_view json,
                                                   std::string_view config_json = {});

  // Without begin-of-text: a caller that wants it puts bos() in front. Any bytes are accepted.
  virtual std::vector<int> encode(std::string_view text) const = 0;
  // The bytes of one token as they continue a text: what a stream prints. Special tokens give none.
  virtual std::string piece(int id) const = 0;
  // The text of a whole sequence; drops the space that a SentencePiece tokenizer puts in front of every text.
  virtual std::string decode(const std::vector<int>& ids) const = 0;

  virtual int vocab_size() const = 0;
  int bos() const { return bos_; }                         // -1 if there is none
  int eos() const { return eos_.empty() ? -1 : eos_[0]; }  // -1 if there is none
  bool is_eos(int id) const;                               // some models end a text in several ways

 protected:
  int bos_ = -1;
  std::vector<int> eos_;
};

std::shared_ptr<const Tokenizer> make_tokenizer(MergeVocabulary vocabulary);
std::shared_ptr<const Tokenizer> make_tokenizer(ScoreVocabulary vocabulary);

}  // namespace orrery::kernels::model
