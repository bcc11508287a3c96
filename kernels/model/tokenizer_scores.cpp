#include <algorithm>
#include <array>
#include <unordered_map>

#include "kernels/contract.hpp"
#include "kernels/model/tokenizer.hpp"
#include "kernels/model/unicode.hpp"
#include "kernels/model/vocabulary.hpp"

namespace orrery::kernels::model {
namespace {

using Kind = ScoreVocabulary::Kind;

class ScoreTokenizer final : public Tokenizer {
 public:
  explicit ScoreTokenizer(ScoreVocabulary vocabulary) : vocabulary_(std::move(vocabulary)) {
    bos_ = vocabulary_.bos;
    eos_ = vocabulary_.eos;
    byte_ids_.fill(-1);
    std::unordered_map<std::string, int> byte_of;
    for (int byte = 0; byte < 256; ++byte) byte_of.emplace(byte_name(byte), byte);
    for (int id = 0; id < vocab_size(); ++id) {
      const auto& token = at(id);
      // Of equal tokens the first one counts.
      if (token.kind == Kind::normal) ids_.emplace(token.text, id);
      if (token.kind == Kind::user) users_.push_back(id);
      if (token.kind == Kind::byte) {
        const auto found = byte_of.find(token.text);
        VALIDATE(found != byte_of.end(), vocabulary_.place, "token " + std::to_string(id) + " is no byte",
                 "its kind says so, but its text is '" + token.text + "'");
        byte_of_.emplace(id, static_cast<char>(found->second));
        byte_ids_[static_cast<std::size_t>(found->second)] = id;
      }
    }
    for (int byte = 0; byte < 256; ++byte)
      VALIDATE(byte_ids_[static_cast<std::size_t>(byte)] >= 0, vocabulary_.place,
               "byte " + std::to_string(byte) + " has no token", "a text that holds it could not be encoded");
    // A longer token wins over one that begins it.
    std::stable_sort(users_.begin(), users_.end(),
                     [this](int a, int b) { return at(a).text.size() > at(b).text.size(); });
  }

  std::vector<int> encode(std::string_view text) const override {
    std::vector<int> out;
    std::size_t begin = 0;
    for (std::size_t here = 0; here < text.size();) {
      const int user = user_at(text.substr(here));
      if (user < 0) {
        ++here;
        continue;
      }
      encode_stretch(text.substr(begin, here - begin), out);
      out.push_back(user);
      begin = here += at(user).text.size();
    }
    encode_stretch(text.substr(begin), out);
    return out;
  }

  std::string piece(int id) const override {
    EXPECT(id >= 0 && id < vocab_size());
    const auto& token = at(id);
    if (token.kind == Kind::control || token.kind == Kind::unknown) return {};
    return token.kind == Kind::byte ? std::string(1, byte_of_.at(id)) : token.text;
  }

  std::string decode(const std::vector<int>& ids) const override {
    std::string text;
    bool first = vocabulary_.prefix;
    for (const int id : ids) {
      const std::string next = piece(id);
      text += first && next.starts_with(' ') ? next.substr(1) : next;
      first = first && next.empty();
    }
    return text;
  }

  int vocab_size() const override { return static_cast<int>(vocabulary_.tokens.size()); }

 private:
  const ScoreVocabulary::Token& at(int id) const { return vocabulary_.tokens[static_cast<std::size_t>(id)]; }

  int user_at(std::string_view text) const {
    for (const int id : users_)
      if (text.starts_with(at(id).text)) return id;
    return -1;
  }

  // A text without user-defined tokens. Vocabularies of SentencePiece hold every character of their tokens, so that one
  // that is not there is its bytes from the start.
  void encode_stretch(std::string_view stretch, std::vector<int>& out) const {
    if (stretch.empty()) return;
    const std::string text = (vocabulary_.prefix ? " " : "") + std::string(stretch);
    std::vector<int> symbols;
    for (std::size_t here = 0; here < text.size();) {
      const auto length = static_cast<std::size_t>(code_point(text, here).bytes);
      const auto known = ids_.find(text.substr(here, length));
      if (known != ids_.end()) {
        symbols.push_back(known->second);
      } else {
        for (std::size_t i = here; i < here + length; ++i)
          symbols.push_back(byte_ids_[static_cast<unsigned char>(text[i])]);
      }
      here += length;
    }
    const auto ids = merge_pairs(symbols, [this](int left, int right) -> std::optional<Merge> {
      const auto found = ids_.find(at(left).text + at(right).text);
      if (found == ids_.end()) return std::nullopt;
      return Merge{-static_cast<double>(at(found->second).score), found->second};
    });
    out.insert(out.end(), ids.begin(), ids.end());
  }

  ScoreVocabulary vocabulary_;
  std::unordered_map<std::string, int> ids_;  // normal tokens
  std::vector<int> users_;
  std::array<int, 256> byte_ids_{};
  std::unordered_map<int, char> byte_of_;
};

}  // namespace

std::shared_ptr<const Tokenizer> make_tokenizer(ScoreVocabulary vocabulary) {
  return std::make_shared<const ScoreTokenizer>(std::move(vocabulary));
}

}  // namespace orrery::kernels::model
