#include <cmath>
#include <cstdint>
#include <cstring>

#include "kernels/contract.hpp"
#include "kernels/model/vocabulary.hpp"

namespace orrery::kernels::model {
namespace {

using Kind = ScoreVocabulary::Kind;

// Ids are SentencePiece's: 0 unknown, 1 begin, 2 end, 3..258 the bytes, then the pieces.
constexpr std::size_t first_byte_id = 3;

Kind kind_of(std::size_t id) {
  if (id >= first_byte_id + 256) return Kind::normal;
  if (id >= first_byte_id) return Kind::byte;
  return id == 0 ? Kind::unknown : Kind::control;
}

// Appends the token at byte `at` and says where the next one is.
std::size_t read_token(ScoreVocabulary& out, std::string_view bytes, std::size_t at, std::int32_t longest) {
  const std::string whose = "token " + std::to_string(out.tokens.size()) + " at byte " + std::to_string(at);
  float score = 0.0F;
  std::int32_t length = 0;
  VALIDATE(bytes.size() - at >= sizeof score + sizeof length, out.place, whose + " is cut off", "the file ends there");
  std::memcpy(&score, bytes.data() + at, sizeof score);
  std::memcpy(&length, bytes.data() + at + sizeof score, sizeof length);
  at += sizeof score + sizeof length;
  VALIDATE(std::isfinite(score), out.place, whose + " has no finite score", "scores order the merges");
  VALIDATE(length >= 0 && length <= longest && static_cast<std::size_t>(length) <= bytes.size() - at, out.place,
           whose + " claims " + std::to_string(length) + " bytes",
           std::to_string(bytes.size() - at) + " are left and the longest token has " + std::to_string(longest));
  out.tokens.push_back(
      {std::string(bytes.substr(at, static_cast<std::size_t>(length))), score, kind_of(out.tokens.size())});
  return at + static_cast<std::size_t>(length);
}

}  // namespace

ScoreVocabulary parse_llama2c_vocabulary(std::string place, std::string_view bytes) {
  ScoreVocabulary out;
  out.place = std::move(place);
  std::int32_t longest = 0;
  VALIDATE(bytes.size() >= sizeof longest, out.place, "has only " + std::to_string(bytes.size()) + " bytes",
           "a llama2.c tokenizer starts with the length of its longest token");
  std::memcpy(&longest, bytes.data(), sizeof longest);
  VALIDATE(longest >= 1 && longest <= 65536, out.place, "its longest token has " + std::to_string(longest) + " bytes",
           "1 to 65536 were expected", "The file is damaged or is not a llama2.c tokenizer.");
  for (std::size_t at = sizeof longest; at < bytes.size();) at = read_token(out, bytes, at, longest);
  bool has_blank = false;
  for (const auto& token : out.tokens) has_blank = has_blank || (token.kind == Kind::normal && token.text == " ");
  for (int byte = 0; byte < 256; ++byte) {
    const std::size_t id = first_byte_id + static_cast<std::size_t>(byte);
    VALIDATE(id < out.tokens.size() && out.tokens[id].text == byte_name(byte), out.place,
             "token " + std::to_string(id) + " is not " + byte_name(byte), "tokens 3 to 258 stand for the 256 bytes",
             "The file is truncated or is not a llama2.c tokenizer.");
  }
  VALIDATE(has_blank, out.place, "no token is a blank", "every text is encoded with a blank in front");
  out.bos = 1;
  out.eos = {2};
  return out;
}

}  // namespace orrery::kernels::model
