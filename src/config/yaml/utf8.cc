#include "config/yaml/utf8.h"

namespace wasmgate::config {
namespace {

size_t sequence_length(std::string_view text) {
  const auto byte = [&](size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
  };
  const auto tail = [&](size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const unsigned b = byte(0);
  if (b < 0x80) {
    return 1;
  }
  if (b >= 0xC2 && b <= 0xDF && tail(1)) {
    return 2;
  }
  if (b >= 0xE0 && b <= 0xEF && tail(1) && tail(2)) {
    const unsigned point = ((b & 0x0F) << 12) | ((byte(1) & 0x3F) << 6) | (byte(2) & 0x3F);
    return point >= 0x800 && (point < 0xD800 || point > 0xDFFF) ? 3 : 0;
  }
  if (b >= 0xF0 && b <= 0xF4 && tail(1) && tail(2) && tail(3)) {
    const unsigned top = ((b & 0x07) << 6) | (byte(1) & 0x3F);
    return top >= 0x10 && top <= 0x10F ? 4 : 0;
  }
  return 0;
}

}  // namespace

std::optional<BadText> find_bad_text(std::string_view text) {
  BadText place{1, 1, {}};
  for (size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    const size_t length = sequence_length(text.substr(i));
    if (length == 0) {
      place.message = "this byte is not UTF-8";
      return place;
    }
    if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F) {
      place.message = "control bytes are not allowed";
      return place;
    }
    place.column = c == '\n' ? 1 : place.column + 1;
    place.line += c == '\n' ? 1 : 0;
    i += length;
  }
  return std::nullopt;
}

}  // namespace wasmgate::config
