// Base64 (RFC 4648 §4) and its URL-safe alphabet (§5).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

class Base64 {
 public:
  /// Encodes with padding.
  static std::string encode(const char* data, size_t size);
  static std::string encode(std::string_view data) { return encode(data.data(), data.size()); }
  /// Decodes text whose padding may be missing. Returns an empty text on failure.
  static std::string decodeWithoutPadding(std::string_view text);
  /// As `decodeWithoutPadding`, telling a failure from an empty result. Refused: characters outside
  /// the alphabet, padding that is not at the end or too long, and set bits that no byte takes up.
  static std::optional<std::string> decode(std::string_view text);

  /// The URL-safe alphabet, without padding.
  static std::string encodeUrl(std::string_view data);
  /// Refuses padding too.
  static std::optional<std::string> decodeUrl(std::string_view text);
};
