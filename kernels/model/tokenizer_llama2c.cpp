#include <cmath>
#include <cstdint>
#include <cstring>
#include <unordered_map>

#include "kernels/contract.hpp"
#include "kernels/model/bpe.hpp"
#include "kernels/model/tokenizer.hpp"
#include "kernels/model/unicode.hpp"

namespace orrery::kernels::model {
namespace {

// Ids are SentencePiece's: 0 unknown, 1 begin, 2 end, 3..258 the bytes, then the pieces.
constexpr int first_byte_id = 3, special_ids = 3;

class Llama2cTokenizer final : public Tokenizer {
 public:
  Llama2cTokenizer(const std::string& place, std::string_view bytes, int vocab) {
    std::int32_t longest = 0;
    VALIDATE(bytes.size() >= sizeof longest, place, "has only " + std::to_string(bytes.size()) + " bytes",
             "a llama2.c tokenizer starts with the length of its longest token");
    std::memcpy(&longest, bytes.data(), sizeof longest);
    VALIDATE(longest >= 1 && longest <= 65536, place, "its longest token has " + std::to_string(longest) + " bytes",
             "1 to 65536 were expected", "The file is damaged or is not a llama2.c tokenizer.");
    for (std::size_t at = sizeof longest; at < bytes.size();) at = read_token(place, bytes, at, longest);
    VALIDATE(vocab == 0 || vocab_size() == vocab, place, "has " + std::to_string(vocab_size()) + " tokens",
             "the model needs " + std::to_string(vocab));
    for (int byte = 0; byte < 256; ++byte) {
      const int id = first_byte_id + byte;
      VALIDATE(id < vocab_size() && tokens_[static_cast<std::size_t>(id)] == byte_name(byte), place,
               "token " + std::to_string(id) + " is not " + byte_name(byte), "tokens 3 to 258 stand for the 256 bytes",
               "The file is truncated or is not a llama2.c tokenizer.");
    }
    VALIDATE(ids_.contains(" "), place, "no token is a blank", "every text is encoded with a blank in front");
    bos_ = 1;
    eos_ = {2};
  }

  std::vector<int> encode(std::string_view text) const override {
    if (text.empty()) return {};
    std::vector<int> symbols{ids_.at(" ")};
    for (std::size_t at = 0; at < text.size();) {
      const auto length = static_cast<std::size_t>(code_point(text, at).bytes);
      const auto known = ids_.find(std::string(text.substr(at, length)));
      if (known != ids_.end()) {
        symbols.push_back(known->second);
      } else {
        for (const char c : text.substr(at, length)) symbols.push_back(first_byte_id + static_cast<unsigned char>(c));
      }
      at += length;
    }
    return merge_pairs(symbols, [this](int left, int right) -> std::optional<Merge> {
      const auto found = ids_.find(text_of(left) + text_of(right));
      if (found == ids_.end()) return std::nullopt;
      return Merge{-static_cast<double>(scores_[static_cast<std::size_t>(found->second)]), found->second};
    });
  }

  std::string piece(int id) const override {
    EXPECT(id >= 0 && id < vocab_size());
    if (id < special_ids) return {};
    if (id < first_byte_id + 256) return {static_cast<char>(id - first_byte_id)};
    return text_of(id);
  }

  std::string decode(const std::vector<int>& ids) const override {
    std::string text;
    bool first = true;
    for (const int id : ids) {
      const std::string next = piece(id);
      text += first && next.starts_with(' ') ? next.substr(1) : next;
      first = first && id < special_ids;
    }
    return text;
  }

  int vocab_size() const override { return static_cast<int>(tokens_.size()); }

 private:
  const std::string& text_of(int id) const { return tokens_[static_cast<std::size_t>(id)]; }

  std::size_t read_token(const std::string& place, std::string_view bytes, std::size_t at, std::int32_t longest) {
    const std::string whose = "token " + std::to_string(tokens_.size()) + " at byte " + std::to_string(at);
    float score = 0.0F;
    std::int32_t length = 0;
    VALIDATE(bytes.size() - at >= sizeof score + sizeof length, place, whose + " is cut off", "the file ends there");
    std::memcpy(&score, bytes.data() + at, sizeof score);
    std::memcpy(&length, bytes.data() + at + sizeof score, sizeof length);
    at += sizeof score + sizeof length;
    VALIDATE(std::isfinite(score), place, whose + " has no finite score", "scores order the merges");
    VALIDATE(length >= 0 && length <= longest && static_cast<std::size_t>(length) <= bytes.size() - at, place,
             whose + " claims " + std::to_string(length) + " bytes",
             std::to_string(bytes.size() - at) + " are left and the longest token has " + std::to_string(longest));
    tokens_.emplace_back(bytes.substr(at, static_cast<std::size_t>(length)));
    scores_.push_back(score);
    ids_.emplace(tokens_.back(), vocab_size() - 1);  // of equal tokens the first one counts
    return at + static_cast<std::size_t>(length);
  }

  std::vector<std::string> tokens_;
  std::vector<float> scores_;
  std::unordered_map<std::string, int> ids_;
};

}  // namespace

std::shared_ptr<const Tokenizer> Tokenizer::parse_llama2c(const std::string& place, std::string_view bytes, int vocab) {
  return std::make_shared<const Llama2cTokenizer>(place, bytes, vocab);
}

}  // namespace orrery::kernels::model
