#pragma once
// Which bytes HTTP allows where (RFC 9110 §5.1, §5.5, §5.6.2; RFC 3986 §2): tables and tests over
// whole strings, each in one pass.

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace wasmgate::http {

namespace characters {

constexpr bool is_alpha(unsigned char c) { return (c | 0x20U) >= 'a' && (c | 0x20U) <= 'z'; }
constexpr bool is_digit(unsigned char c) { return c >= '0' && c <= '9'; }

constexpr bool is_token_byte(unsigned char c) {
  return is_alpha(c) || is_digit(c) ||
         (c != 0 &&
          std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) != std::string_view::npos);
}

constexpr std::array<char, 256> make_token_lower() {
  std::array<char, 256> table{};
  for (unsigned c = 0; c < 256; ++c) {
    const bool upper = c >= 'A' && c <= 'Z';
    table[c] = is_token_byte(static_cast<unsigned char>(c))
                   ? static_cast<char>(upper ? c | 0x20U : c)
                   : '\0';
  }
  return table;
}

/// The lower-case form of a token byte; NUL for a byte that no token has.
inline constexpr std::array<char, 256> kTokenLower = make_token_lower();

inline char token_lower(char c) { return kTokenLower[static_cast<unsigned char>(c)]; }
constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }
inline bool is_token(char c) { return token_lower(c) != '\0'; }

constexpr uint64_t repeat(uint8_t byte) { return 0x0101010101010101ULL * byte; }

inline uint64_t load_word(const char* from) {
  uint64_t word = 0;
  std::memcpy(&word, from, sizeof(word));
  return word;
}

/// Eight bytes at once: 0x80 in the place of each byte that is a letter, a digit or "-" (nearly all
/// of a field name), 0 in the others. Such bytes become lower case by setting 0x20.
constexpr uint64_t plain_name_bytes(uint64_t word) {
  // No sum below carries into the next byte: all bytes are below 0x80.
  const uint64_t low = word & repeat(0x7F);
  const uint64_t letter = low | repeat(0x20);
  const uint64_t is_letter = (letter + repeat(0x80 - 'a')) & ~(letter + repeat(0x7F - 'z'));
  const uint64_t is_number = (low + repeat(0x80 - '0')) & ~(low + repeat(0x7F - '9'));
  const uint64_t is_hyphen = ~((low ^ repeat('-')) + repeat(0x7F));
  return (is_letter | is_number | is_hyphen) & ~word & repeat(0x80);
}

/// Eight bytes at once: true when one of them is below 0x20 or equal to 0x7F.
constexpr bool has_control(uint64_t word) {
  const uint64_t ascii = ~word & repeat(0x80);
  const uint64_t below_space = (word - repeat(0x20)) & ascii;
  const uint64_t del = word ^ repeat(0x7F);
  const uint64_t is_del = (del - repeat(0x01)) & ~del & repeat(0x80);
  return (below_space | is_del) != 0;
}

/// The value 0..15 of a hexadecimal digit, −1 otherwise.
constexpr int hex_value(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char low = static_cast<char>(c | 0x20);
  return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/// A byte that may stand in a field value: no control but the tab.
constexpr bool is_value_byte(unsigned char c) { return (c >= 0x20 && c != 0x7F) || c == '\t'; }

}  // namespace characters

/// True for a token (RFC 9110 §5.6.2): not empty, no separators, no controls, no bytes above 0x7E.
bool is_token(std::string_view text);

/// True for a name that a field may have: a token, in any case. Pseudo-header names are not.
bool valid_field_name(std::string_view name);

/// True for a value that a field may have: no control byte but the tab, so no NUL, CR or LF; no
/// white space at its ends. May be empty; bytes above 0x7F are allowed.
bool valid_field_value(std::string_view value);

/// Like valid_field_value, but white space at the ends is allowed.
bool clean_field_value(std::string_view value);

/// `text` without spaces and tabs at its ends.
std::string_view trim_whitespace(std::string_view text);

}  // namespace wasmgate::http
