#include <algorithm>
#include <array>
#include <unordered_map>

#include "kernels/contract.hpp"
#include "kernels/model/tokenizer.hpp"
#include "kernels/model/unicode.hpp"
#include "kernels/model/vocabulary.hpp"

namespace orrery::kernels::model {
namespace {

constexpr std::string_view blank = "\u2581";

// GPT-2's map of the 256 bytes to printable characters: printable Latin-1 stands for itself, the rest for U+0100 on.
std::array<std::string, 256> byte_characters() {
  std::array<std::string, 256> map;
  char32_t next = 0x100;
  for (int b = 0; b < 256; ++b) {
    const bool shown = (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
    map[static_cast<std::size_t>(b)] = to_utf8(shown ? static_cast<char32_t>(b) : next++);
  }
  return map;
}

class MergeTokenizer final : public Tokenizer {
 public:
  explicit MergeTokenizer(MergeVocabulary vocabulary) : vocabulary_(std::move(vocabulary)) {
    bos_ = vocabulary_.bos;
    eos_ = vocabulary_.eos;
    const auto characters = byte_characters();
    for (int byte = 0; byte < 256; ++byte) {
      const std::string name = vocabulary_.byte_level ? characters[static_cast<std::size_t>(byte)] : byte_name(byte);
      const auto found = vocabulary_.ids.find(name);
      VALIDATE(found != vocabulary_.ids.end(), vocabulary_.place, "byte " + std::to_string(byte) + " has no token",
               "a text that holds it could not be encoded");
      byte_ids_[static_cast<std::size_t>(byte)] = found->second;
    }
    make_pieces(characters);
    // A longer added token wins over one that begins it.
    std::stable_sort(vocabulary_.added.begin(), vocabulary_.added.end(),
                     [](const auto& a, const auto& b) { return a.text.size() > b.text.size(); });
  }

  std::vector<int> encode(std::string_view text) const override {
    std::vector<int> out;
    std::size_t begin = 0;
    for (std::size_t at = 0; at < text.size();) {
      const MergeVocabulary::Added* added = added_at(text.substr(at));
      if (added == nullptr) {
        ++at;
        continue;
      }
      encode_stretch(text.substr(begin, at - begin), begin == 0, out);
      out.push_back(added->id);
      begin = at += added->text.size();
    }
    encode_stretch(text.substr(begin), begin == 0, out);
    return out;
  }

  std::string piece(int id) const override {
    EXPECT(id >= 0 && id < vocab_size());
    return pieces_[static_cast<std::size_t>(id)];
  }

  std::string decode(const std::vector<int>& ids) const override {
    std::string text;
    bool first = vocabulary_.prefix != MergeVocabulary::Prefix::never;
    for (const int id : ids) {
      const std::string next = piece(id);
      text += first && next.starts_with(' ') ? next.substr(1) : next;
      first = first && next.empty();
    }
    return text;
  }

  int vocab_size() const override { return static_cast<int>(vocabulary_.tokens.size()); }

 private:
  const MergeVocabulary::Added* added_at(std::string_view text) const {
    for (const auto& added : vocabulary_.added)
      if (text.starts_with(added.text)) return &added;
    return nullptr;
  }

  // A text without added tokens.
  void encode_stretch(std::string_view text, bool is_first, std::vector<int>& out) const {
    if (text.empty()) return;
    std::string whole(text);
    const bool wanted = vocabulary_.prefix == MergeVocabulary::Prefix::every ||
                        (vocabulary_.prefix == MergeVocabulary::Prefix::first && is_first);
    // Byte-level splitters do not double a blank that is there; SentencePiece's normaliser does.
    if (wanted && !((vocabulary_.byte_level || vocabulary_.words) && text.front() == ' ')) whole.insert(0, " ");
    if (!vocabulary_.words) return encode_word(whole, out);
    if (vocabulary_.byte_level) {
      for (const std::string_view word : gpt2_words(whole)) encode_word(word, out);
      return;
    }
    for (std::size_t begin = 0; begin < whole.size();) {  // a word begins at every blank
      const std::size_t end = std::min(whole.find(' ', begin + 1), whole.size());
      encode_word(std::string_view(whole).substr(begin, end - begin), out);
      begin = end;
    }
  }

  void encode_word(std::string_view word, std::vector<int>& out) const {
    std::vector<int> symbols;
    for (std::size_t at = 0; at < word.size();) {
      const auto length = vocabulary_.byte_level ? 1 : static_cast<std::size_t>(code_point(word, at).bytes);
      const std::string_view character = word.substr(at, length);
      const auto known = vocabulary_.byte_level
                             ? vocabulary_.ids.end()
                             : vocabulary_.ids.find(std::string(character == " " ? blank : character));
      if (known != vocabulary_.ids.end()) {
        symbols.push_back(known->second);
      } else {
        for (const char c : character) symbols.push_back(byte_ids_[static_cast<unsigned char>(c)]);
      }
      at += length;
    }
    const auto ids = merge_pairs(symbols, [this](int left, int right) -> std::optional<Merge> {
      const auto found = vocabulary_.merges.find(MergeVocabulary::key(left, right));
      return found == vocabulary_.merges.end() ? std::nullopt : std::optional(found->second);
    });
    out.insert(out.end(), ids.begin(), ids.end());
  }

  // What each token stands for in a text.
  void make_pieces(const std::array<std::string, 256>& characters) {
    std::unordered_map<std::string, char> byte_of;
    for (int byte = 0; byte < 256; ++byte)
      byte_of.emplace(vocabulary_.byte_level ? characters[static_cast<std::size_t>(byte)] : byte_name(byte),
                      static_cast<char>(byte));
    for (const std::string& token : vocabulary_.tokens) {
      std::string piece;
      if (!vocabulary_.byte_level && byte_of.contains(token)) {
        piece = byte_of.at(token);
      } else {
        for (std::size_t at = 0; at < token.size();) {
          const std::string c = token.substr(at, static_cast<std::size_t>(code_point(token, at).bytes));
          if (vocabulary_.byte_level) {
            const auto found = byte_of.find(c);
            piece += found == byte_of.end() ? c : std::string(1, found->second);
          } else {
            piece += c == blank ? " " : c;
          }
          at += c.size();
        }
      }
      pieces_.push_back(piece);
    }
    for (const auto& added : vocabulary_.added)
      pieces_[static_cast<std::size_t>(added.id)] = added.special ? "" : added.text;
  }

  MergeVocabulary vocabulary_;
  std::array<int, 256> byte_ids_{};
  std::vector<std::string> pieces_;
};

}  // namespace

std::shared_ptr<const Tokenizer> make_tokenizer(MergeVocabulary vocabulary) {
  return std::make_shared<const MergeTokenizer>(std::move(vocabulary));
}

}  // namespace orrery::kernels::model
