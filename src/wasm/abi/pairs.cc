#include "wasm/abi/pairs.h"

namespace wasmgate::wasm {
namespace {

uint32_t u32_at(std::string_view bytes, size_t at) {
  uint32_t out = 0;
  for (size_t i = 0; i < 4; ++i) {
    out |= static_cast<uint32_t>(static_cast<uint8_t>(bytes[at + i])) << (8 * i);
  }
  return out;
}

/// Takes `size` bytes and the 0 after them from the front of `bytes`.
bool take_text(std::string_view& bytes, size_t size, std::string_view& out) {
  if (bytes.size() < size + 1 || bytes[size] != '\0') {
    return false;
  }
  out = bytes.substr(0, size);
  bytes.remove_prefix(size + 1);
  return true;
}

}  // namespace

std::optional<std::vector<Pair>> parse_pairs(std::string_view bytes) {
  std::vector<Pair> out;
  if (bytes.empty() || bytes == std::string_view("\0", 1)) {
    return out;
  }
  if (bytes.size() < 4 || bytes.size() > kMaxPairsBytes) {
    return std::nullopt;
  }
  const size_t count = u32_at(bytes, 0);
  if (count > kMaxPairs || bytes.size() - 4 < count * 8) {
    return std::nullopt;
  }
  out.reserve(count);
  std::string_view texts = bytes.substr(4 + count * 8);
  for (size_t i = 0; i < count; ++i) {
    Pair pair;
    if (!take_text(texts, u32_at(bytes, 4 + i * 8), pair.first) ||
        !take_text(texts, u32_at(bytes, 8 + i * 8), pair.second)) {
      return std::nullopt;
    }
    out.push_back(pair);
  }
  if (!texts.empty()) {
    return std::nullopt;
  }
  return out;
}

}  // namespace wasmgate::wasm
