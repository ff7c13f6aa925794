#include "http/rules/characters.h"

#include <algorithm>

namespace wasmgate::http {
namespace {

bool clean_bytewise(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return characters::is_value_byte(static_cast<unsigned char>(c));
  });
}

bool is_blank(char c) { return c == ' ' || c == '\t'; }

}  // namespace

bool is_token(std::string_view text) {
  if (text.empty()) {
    return false;
  }
  constexpr uint64_t kAll = characters::repeat(0x80);
  return characters::all_words(text, [](uint64_t word) { return characters::plain_name_bytes(word) == kAll; }) ||
         std::all_of(text.begin(), text.end(), [](char c) { return characters::is_token(c); });
}

bool valid_field_name(std::string_view name) { return is_token(name); }

bool clean_field_value(std::string_view value) {
  // A tab is allowed, but stops the words: the slow test decides.
  return value.empty() ||
         characters::all_words(value, [](uint64_t word) { return !characters::has_control(word); }) ||
         clean_bytewise(value);
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
