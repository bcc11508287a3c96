// As much of Unicode as pre-tokenisation needs: UTF-8, and the classes letter, number and white space.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace orrery::kernels::model {

struct CodePoint {
  char32_t value;
  int bytes;  // 1..4
};

// The code point at text[at]. A byte that begins no valid UTF-8 is a code point of its own beyond Unicode (0x110000
// plus the byte), so that any text can be walked and put together again.
CodePoint code_point(std::string_view text, std::size_t at);
std::string to_utf8(char32_t value);

bool is_letter(char32_t value);  // general category L
bool is_number(char32_t value);  // general category N
bool is_space(char32_t value);   // property White_Space

// The words that GPT-2's pattern finds; put together they are the text.
//   's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
std::vector<std::string_view> gpt2_words(std::string_view text);

}  // namespace orrery::kernels::model
