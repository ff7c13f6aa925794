#include "base64.h"

#include <array>
#include <cstdint>

namespace {

constexpr char kStandard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr char kUrl[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr uint8_t kInvalid = 0xff;

constexpr std::array<uint8_t, 256> reverse_of(const char* alphabet) {
  std::array<uint8_t, 256> table{};
  for (auto& entry : table) {
    entry = kInvalid;
  }
  for (uint8_t value = 0; value < 64; ++value) {
    table[static_cast<uint8_t>(alphabet[value])] = value;
  }
  return table;
}
constexpr auto kFromStandard = reverse_of(kStandard);
constexpr auto kFromUrl = reverse_of(kUrl);

/// Encodes; the last group is left short.
std::string encode_with(const char* alphabet, std::string_view data) {
  std::string text;
  text.reserve((data.size() + 2) / 3 * 4);
  uint32_t bits = 0;
  int count = 0;
  for (const char c : data) {
    bits = bits << 8 | static_cast<uint8_t>(c);
    count += 8;
    while (count >= 6) {
      count -= 6;
      text += alphabet[bits >> count & 63];
    }
  }
  if (count > 0) {
    text += alphabet[bits << (6 - count) & 63];
  }
  return text;
}

/// Decodes text without padding.
std::optional<std::string> decode_with(const std::array<uint8_t, 256>& values,
                                       std::string_view text) {
  if (text.size() % 4 == 1) {
    return std::nullopt;
  }
  std::string data;
  data.reserve(text.size() * 3 / 4);
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const uint8_t value = values[static_cast<uint8_t>(c)];
    if (value == kInvalid) {
      return std::nullopt;
    }
    bits = bits << 6 | value;
    count += 6;
    if (count >= 8) {
      count -= 8;
      data += static_cast<char>(bits >> count & 0xff);
    }
  }
  if ((bits & ((1U << count) - 1)) != 0) {
    return std::nullopt;
  }
  return data;
}

}  // namespace

std::string Base64::encode(const char* data, size_t size) {
  std::string text = encode_with(kStandard, {data, size});
  text.append((4 - text.size() % 4) % 4, '=');
  return text;
}

std::optional<std::string> Base64::decode(std::string_view text) {
  const size_t end = text.find('=');
  if (end != std::string_view::npos) {
    const std::string_view padding = text.substr(end);
    if (text.size() % 4 != 0 || (padding != "=" && padding != "==")) {
      return std::nullopt;
    }
    text = text.substr(0, end);
  }
  return decode_with(kFromStandard, text);
}

std::string Base64::decodeWithoutPadding(std::string_view text) {
  return decode(text).value_or("");
}

std::string Base64::encodeUrl(std::string_view data) { return encode_with(kUrl, data); }

std::optional<std::string> Base64::decodeUrl(std::string_view text) {
  return decode_with(kFromUrl, text);
}
