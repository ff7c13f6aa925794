#include "http/rules/characters.h"

#include <algorithm>

#include "http/rules/chunks.h"

namespace wasmgate::http {
namespace {

bool clean_bytewise(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return characters::is_value_byte(static_cast<unsigned char>(c));
  });
}

using characters::is_blank;

}  // namespace

bool is_token(std::string_view text) {
  if (text.empty()) {
    return false;
  }
  return characters::all_chunks(
             text, [](characters::Chunk bytes) { return characters::is_plain_name(bytes); }) ||
         std::all_of(text.begin(), text.end(), [](char c) { return characters::is_token(c); });
}

bool valid_field_name(std::string_view name) { return is_token(name); }

bool clean_field_value(std::string_view value) {
  // A tab is allowed, but stops the chunks: the slow test decides.
  return value.empty() ||
         characters::all_chunks(
             value, [](characters::Chunk bytes) { return !characters::has_control(bytes); }) ||
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
