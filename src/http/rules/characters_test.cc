#include "http/rules/characters.h"

#include <gtest/gtest.h>

#include <cctype>
#include <string>

namespace wasmgate::http {
namespace {

/// The definition, byte by byte.
bool clean(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && byte != '\t') || byte == 0x7F) {
      return false;
    }
  }
  return true;
}

TEST(CleanFieldValue, FindsEveryByteAtEveryPlace) {
  for (size_t size = 1; size <= 37; ++size) {
    for (size_t place = 0; place < size; ++place) {
      for (unsigned byte = 0; byte < 256; ++byte) {
        for (const char around : {'a', ' ', '\t', '\xff', '\x80'}) {
          std::string text(size, around);
          text[place] = static_cast<char>(byte);
          ASSERT_EQ(clean_field_value(text), clean(text)) << size << " " << place << " " << byte;
        }
      }
    }
  }
}

TEST(IsToken, FindsEveryByteAtEveryPlace) {
  for (size_t size = 1; size <= 37; ++size) {
    for (size_t place = 0; place < size; ++place) {
      for (unsigned byte = 0; byte < 256; ++byte) {
        for (const char around : {'a', 'Z', '0', '-', '_', '~'}) {
          std::string text(size, around);
          text[place] = static_cast<char>(byte);
          ASSERT_EQ(is_token(text), characters::is_token(text[place]))
              << size << " " << place << " " << byte;
        }
      }
    }
  }
}

TEST(PlainNameBytes, MarksLettersDigitsAndHyphens) {
  for (unsigned byte = 0; byte < 256; ++byte) {
    for (const unsigned around : {0x00U, 0x2DU, 0x40U, 0x7FU, 0x80U, 0xFFU}) {
      const uint64_t word =
          (characters::repeat(static_cast<uint8_t>(around)) & ~uint64_t{0xFF0000}) | uint64_t{byte}
                                                                                         << 16;
      const bool plain = byte < 0x80 && (std::isalnum(static_cast<int>(byte)) != 0 || byte == '-');
      EXPECT_EQ((characters::plain_name_bytes(word) & 0x800000) != 0, plain)
          << byte << " " << around;
    }
  }
}

TEST(ValidFieldValue, HasNoWhiteSpaceAtItsEnds) {
  EXPECT_TRUE(valid_field_value(""));
  EXPECT_TRUE(valid_field_value("a b"));
  EXPECT_FALSE(valid_field_value(" a"));
  EXPECT_FALSE(valid_field_value("a\t"));
  EXPECT_FALSE(valid_field_value("a\r\nb"));
}

TEST(ValidFieldName, IsAToken) {
  EXPECT_TRUE(valid_field_name("X-a_1.~"));
  for (const std::string_view name :
       {"", "a b", "a:", ":path", "a\r", "a(", "a\x80", "a/", "a\"", "a@"}) {
    EXPECT_FALSE(valid_field_name(name)) << name;
  }
}

TEST(TokenLower, KnowsTheWholeTable) {
  for (unsigned byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const bool token = byte > 0x20 && byte < 0x7F &&
                       std::string_view("\"(),/:;<=>?@[\\]{}").find(c) == std::string_view::npos;
    EXPECT_EQ(characters::is_token(c), token) << byte;
    EXPECT_EQ(characters::token_lower(c), token ? static_cast<char>(std::tolower(c)) : '\0')
        << byte;
  }
}

TEST(TrimWhitespace, RemovesSpacesAndTabs) {
  EXPECT_EQ(trim_whitespace(" \ta b\t "), "a b");
  EXPECT_EQ(trim_whitespace(" \t "), "");
  EXPECT_EQ(trim_whitespace(""), "");
}

}  // namespace
}  // namespace wasmgate::http
