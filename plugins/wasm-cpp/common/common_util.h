// Small text helpers.
#pragma once

#include <string>
#include <string_view>

namespace Wasm::Common {

// Abseil is not part of this SDK: its string view is std::string_view here, and these two keep
// plug-ins compiling that convert between them.
inline std::string_view stdToAbsl(const std::string_view& text) { return text; }
inline std::string_view abslToStd(const std::string_view& text) { return text; }

inline constexpr std::string_view kWhitespace = " \t\r\n\f\v";

inline std::string_view ltrim(std::string_view text) {
  const size_t first = text.find_first_not_of(kWhitespace);
  return first == std::string_view::npos ? std::string_view() : text.substr(first);
}
inline std::string_view rtrim(std::string_view text) {
  return text.substr(0, text.find_last_not_of(kWhitespace) + 1);
}
inline std::string_view trim(std::string_view text) { return ltrim(rtrim(text)); }

/// ASCII letters in lower case; other bytes as they are.
inline char toLower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
inline std::string toLower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    c = toLower(c);
  }
  return result;
}
/// True when both are equal without ASCII case.
inline bool equalsIgnoreCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) {
    return false;
  }
  for (size_t index = 0; index < a.size(); ++index) {
    if (toLower(a[index]) != toLower(b[index])) {
      return false;
    }
  }
  return true;
}
/// True when `text` begins with `prefix` without ASCII case.
inline bool startsWithIgnoreCase(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && equalsIgnoreCase(text.substr(0, prefix.size()), prefix);
}

}  // namespace Wasm::Common
