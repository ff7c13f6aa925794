#include "config/read/base64.h"

#include <cstdint>

namespace wasmgate::config {
namespace {

int value_of(char c) {
  if (c >= 'A' && c <= 'Z') {
    return c - 'A';
  }
  if (c >= 'a' && c <= 'z') {
    return c - 'a' + 26;
  }
  if (c >= '0' && c <= '9') {
    return c - '0' + 52;
  }
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

}  // namespace

std::optional<std::string> decode_base64(std::string_view text) {
  std::string out;
  uint32_t bits = 0;
  int digits = 0;
  int padding = 0;
  for (const char c : text) {
    if (c == '\n' || c == '\r' || c == ' ') {
      continue;
    }
    if (c == '=') {
      ++padding;
      continue;
    }
    const int value = value_of(c);
    if (value < 0 || padding != 0) {
      return std::nullopt;
    }
    bits = (bits << 6) | static_cast<uint32_t>(value);
    if (++digits % 4 == 0) {
      out += static_cast<char>(bits >> 16);
      out += static_cast<char>(bits >> 8);
      out += static_cast<char>(bits);
      bits = 0;
    }
  }
  const int rest = digits % 4;
  if (rest == 1 || padding != (rest == 0 ? 0 : 4 - rest)) {
    return std::nullopt;
  }
  if (rest >= 2) {
    bits <<= 6 * (4 - rest);
    out += static_cast<char>(bits >> 16);
    if (rest == 3) {
      out += static_cast<char>(bits >> 8);
    }
  }
  return out;
}

}  // namespace wasmgate::config
