#include "http/rules/characters.h"

#include <algorithm>
#include <cstring>

namespace wasmgate::http {
namespace {

constexpr uint64_t repeat(uint8_t byte) { return 0x0101010101010101ULL * byte; }

/// True when one of the eight bytes may be below 0x20 or equal to 0x7F. Bytes above 0x7F never
/// count.
bool has_control(uint64_t word) {
  const uint64_t high = repeat(0x80);
  const uint64_t ascii = ~word & high;
  const uint64_t below_space = (word - repeat(0x20)) & ascii;
  const uint64_t del = word ^ repeat(0x7F);
  const uint64_t is_del = (del - repeat(0x01)) & ~del & high;
  return (below_space | is_del) != 0;
}

bool clean_bytewise(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return characters::is_value_byte(static_cast<unsigned char>(c));
  });
}

bool is_blank(char c) { return c == ' ' || c == '\t'; }

}  // namespace

bool is_token(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return characters::is_token(c); });
}

bool valid_field_name(std::string_view name) { return is_token(name); }

bool clean_field_value(std::string_view value) {
  size_t i = 0;
  for (; i + 8 <= value.size(); i += 8) {
    uint64_t word = 0;
    std::memcpy(&word, value.data() + i, 8);
    // A tab, or a borrow from a lower byte, may stop here too: the slow test decides.
    if (has_control(word)) {
      return clean_bytewise(value.substr(i));
    }
  }
  return clean_bytewise(value.substr(i));
}

bool valid_field_value(std::string_view value) {
  if (!value.empty() && (is_blank(value.front()) || is_blank(value.back()))) {
    return false;
  }
  return clean_field_value(value);
}

std::string_view trim_whitespace(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) {
    text.remove_prefix(1);
  }
  while (!text.empty() && is_blank(text.back())) {
    text.remove_suffix(1);
  }
  return text;
}

}  // namespace wasmgate::http
