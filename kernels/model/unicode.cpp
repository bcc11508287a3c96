#include "kernels/model/unicode.hpp"

namespace orrery::kernels::model {
namespace {

unsigned byte_at(std::string_view text, std::size_t at) { return static_cast<unsigned char>(text[at]); }

// Bytes of the match of one alternative at `at`, 0 if it does not match there.
std::size_t contraction(std::string_view text, std::size_t at) {
  for (const std::string_view form : {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"})
    if (text.substr(at, form.size()) == form) return form.size();
  return 0;
}

bool is_other(char32_t value) { return !is_space(value) && !is_letter(value) && !is_number(value); }

std::size_t run_of(bool (*wanted)(char32_t), std::string_view text, std::size_t at) {
  const std::size_t begin = at;
  while (at < text.size()) {
    const CodePoint c = code_point(text, at);
    if (!wanted(c.value)) break;
    at += static_cast<std::size_t>(c.bytes);
  }
  return at - begin;
}

// An optional blank, then a run of one class.
std::size_t word(bool (*wanted)(char32_t), std::string_view text, std::size_t at) {
  const std::size_t blank = text[at] == ' ' ? 1 : 0, run = run_of(wanted, text, at + blank);
  return run == 0 ? 0 : blank + run;
}

// White space: all of it at the end of the text, otherwise all but its last character, which goes to the next word.
std::size_t blanks(std::string_view text, std::size_t at) {
  const std::size_t run = run_of(is_space, text, at);
  if (at + run == text.size()) return run;
  std::size_t last = 0;
  for (std::size_t i = 0; i < run; i += static_cast<std::size_t>(code_point(text, at + i).bytes)) last = i;
  return last > 0 ? last : run;
}

}  // namespace

CodePoint code_point(std::string_view text, std::size_t at) {
  const unsigned lead = byte_at(text, at);
  const CodePoint broken{static_cast<char32_t>(0x110000U + lead), 1};
  if (lead < 0x80U) return {static_cast<char32_t>(lead), 1};
  const int length = lead >= 0xF0U && lead < 0xF5U   ? 4
                     : lead >= 0xE0U && lead < 0xF0U ? 3
                     : lead >= 0xC2U && lead < 0xE0U ? 2
                                                     : 0;
  if (length == 0 || at + static_cast<std::size_t>(length) > text.size()) return broken;
  char32_t value = lead & (0xFFU >> (length + 1));
  for (int i = 1; i < length; ++i) {
    const unsigned next = byte_at(text, at + static_cast<std::size_t>(i));
    if ((next & 0xC0U) != 0x80U) return broken;
    value = value << 6 | (next & 0x3FU);
  }
  const char32_t least = length == 4 ? 0x10000 : length == 3 ? 0x800 : 0x80;
  if (value < least || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000)) return broken;
  return {value, length};
}

std::string to_utf8(char32_t value) {
  const auto tail = [value](int shift) { return static_cast<char>(0x80U | (value >> shift & 0x3FU)); };
  if (value < 0x80) return {static_cast<char>(value)};
  if (value < 0x800) return {static_cast<char>(0xC0U | value >> 6), tail(0)};
  if (value < 0x10000) return {static_cast<char>(0xE0U | value >> 12), tail(6), tail(0)};
  return {static_cast<char>(0xF0U | value >> 18), tail(12), tail(6), tail(0)};
}

bool is_space(char32_t v) {
  return (v >= 0x9 && v <= 0xD) || v == 0x20 || v == 0x85 || v == 0xA0 || v == 0x1680 || (v >= 0x2000 && v <= 0x200A) ||
         v == 0x2028 || v == 0x2029 || v == 0x202F || v == 0x205F || v == 0x3000;
}

std::vector<std::string_view> gpt2_words(std::string_view text) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; at < text.size(); at += words.back().size()) {
    std::size_t length = contraction(text, at);
    if (length == 0) length = word(is_letter, text, at);
    if (length == 0) length = word(is_number, text, at);
    if (length == 0) length = word(is_other, text, at);
    if (length == 0) length = blanks(text, at);
    words.push_back(text.substr(at, length));
  }
  return words;
}

}  // namespace orrery::kernels::model
