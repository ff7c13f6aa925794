#pragma once
// The serialised form of maps (ABI section 4). All numbers are u32 little-endian: count; count ×
// (key length, value length); then for each pair key, 0, value, 0. Names and values may hold any
// byte. Order is kept; repeated names are repeated pairs.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wasmgate::wasm {

inline constexpr size_t kMaxPairsBytes = 1024 * 1024;
inline constexpr size_t kMaxPairs = 1024;

using Pair = std::pair<std::string_view, std::string_view>;

/// Reads a map that came from a guest. Empty maps: size 0, four zero bytes, or one zero byte.
/// Empty optional: malformed, trailing bytes, or over the limits above. The views point into
/// `bytes`.
std::optional<std::vector<Pair>> parse_pairs(std::string_view bytes);

/// The size of a map's serialised form; 0 for an empty one.
template <class Pairs>
size_t pairs_size(const Pairs& pairs) {
  size_t size = 4;
  size_t count = 0;
  for (const auto& [name, value] : pairs) {
    size += 8 + name.size() + 1 + value.size() + 1;
    ++count;
  }
  return count == 0 ? 0 : size;
}

/// Writes the serialised form of `pairs` to `out`, which has pairs_size(pairs) bytes.
template <class Pairs>
void write_pairs(const Pairs& pairs, uint8_t* out) {
  const auto put = [](uint8_t*& at, uint32_t value) {
    for (int i = 0; i < 4; ++i) {
      *at++ = static_cast<uint8_t>(value >> (8 * i));
    }
  };
  const auto copy = [](uint8_t*& at, std::string_view text) {
    for (const char c : text) {
      *at++ = static_cast<uint8_t>(c);
    }
    *at++ = 0;
  };
  uint32_t count = 0;
  for ([[maybe_unused]] const auto& pair : pairs) {
    ++count;
  }
  if (count == 0) {
    return;
  }
  put(out, count);
  for (const auto& [name, value] : pairs) {
    put(out, static_cast<uint32_t>(name.size()));
    put(out, static_cast<uint32_t>(value.size()));
  }
  for (const auto& [name, value] : pairs) {
    copy(out, name);
    copy(out, value);
  }
}

/// The same as a string; empty for an empty map.
template <class Pairs>
std::string serialise_pairs(const Pairs& pairs) {
  std::string out(pairs_size(pairs), '\0');
  if (!out.empty()) {
    write_pairs(pairs, reinterpret_cast<uint8_t*>(out.data()));
  }
  return out;
}

}  // namespace wasmgate::wasm
