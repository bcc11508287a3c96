#include "kernels/model/unicode.hpp"

#include <gtest/gtest.h>

namespace orrery::kernels::model {
namespace {

using Words = std::vector<std::string_view>;

TEST(Utf8, RoundTripsEveryCodePoint) {
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c < 0xE000) continue;
    const std::string text = to_utf8(c);
    const CodePoint got = code_point(text, 0);
    ASSERT_EQ(got.value, c);
    ASSERT_EQ(static_cast<std::size_t>(got.bytes), text.size());
  }
}

TEST(Utf8, WalksOverBrokenBytesOneByOne) {
  for (const std::string_view text :
       {"\x80", "\xC0\xAF", "\xE2\x82", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\xF0\x80\x80\x80", "\xFF"}) {
    const CodePoint c = code_point(text, 0);
    EXPECT_EQ(c.bytes, 1);
    EXPECT_GT(c.value, 0x10FFFFU);
  }
}

TEST(Classes, KnowTheirMembers) {
  for (const char32_t c : {U'a', U'Z', U'é', U'ß', U'Ω', U'я', U'日', U'ª', U'\u02B0', U'\U00020000'})
    EXPECT_TRUE(is_letter(c));
  for (const char32_t c : {U'0', U'9', U'²', U'½', U'Ⅷ', U'٣'}) EXPECT_TRUE(is_number(c));
  for (const char32_t c : {U' ', U'\t', U'\u00A0', U'\u3000', U'\u2003'}) EXPECT_TRUE(is_space(c));
  for (const char32_t c : {U'_', U'!', U'—', U'😀', U'\u200B', U'\u0301', static_cast<char32_t>(0x110080)}) {
    EXPECT_FALSE(is_letter(c));
    EXPECT_FALSE(is_number(c));
    EXPECT_FALSE(is_space(c));
  }
}

TEST(Gpt2Words, FollowThePattern) {
  EXPECT_EQ(gpt2_words(""), Words{});
  EXPECT_EQ(gpt2_words("I'll go; they'VE"), (Words{"I", "'ll", " go", ";", " they", "'", "VE"}));
  EXPECT_EQ(gpt2_words("a  b"), (Words{"a", " ", " b"}));
  EXPECT_EQ(gpt2_words("a \n\n b \n"), (Words{"a", " \n\n", " b", " \n"}));
  EXPECT_EQ(gpt2_words("\tx\t\ty"), (Words{"\t", "x", "\t", "\t", "y"}));
  EXPECT_EQ(gpt2_words(" 12,5x"), (Words{" 12", ",", "5", "x"}));
  EXPECT_EQ(gpt2_words("snake_case"), (Words{"snake", "_", "case"}));
  EXPECT_EQ(gpt2_words("naïve 日本 😀!"), (Words{"naïve", " 日本", " 😀!"}));
  EXPECT_EQ(gpt2_words("x\u3000\u3000y"), (Words{"x", "\u3000", "\u3000", "y"}));
  EXPECT_EQ(gpt2_words("''s"), (Words{"''", "s"}));
}

}  // namespace
}  // namespace orrery::kernels::model
