// Bytes that a host function put into this module's memory.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy_wasm_common.h"

/// Owns one block that the host allocated with this module's `malloc`, and frees it.
class WasmData {
 public:
  /// `data`: a block from `malloc`, or null; ownership passes to this object.
  WasmData(const char* data, size_t size) : data_(data), size_(size) {}
  ~WasmData() { ::free(const_cast<char*>(data_)); }
  WasmData(const WasmData&) = delete;
  WasmData& operator=(const WasmData&) = delete;

  const char* data() const { return data_; }
  size_t size() const { return size_; }
  /// Lifetime: the view dies with this object.
  std::string_view view() const { return {data_, size_}; }
  std::string toString() const { return std::string(view()); }

  /// Reads the bytes as a serialised pair list (proxy-wasm ABI, map serialisation).
  /// Returns views into this object; an empty list when the bytes are not a pair list.
  std::vector<std::pair<std::string_view, std::string_view>> pairs() const;

  /// Parses the bytes as protobuf message `T` (any type with `ParseFromArray`).
  /// Returns a default message when they do not parse.
  template <typename T>
  T proto() const {
    T message;
    message.ParseFromArray(data_, static_cast<int>(size_));
    return message;
  }

 private:
  const char* data_;
  size_t size_;
};

using WasmDataPtr = std::unique_ptr<WasmData>;

inline std::vector<std::pair<std::string_view, std::string_view>> WasmData::pairs() const {
  std::vector<std::pair<std::string_view, std::string_view>> result;
  const auto word = [this](size_t at) {
    uint32_t value = 0;
    std::memcpy(&value, data_ + at, sizeof(value));
    return static_cast<size_t>(value);
  };
  if (data_ == nullptr || size_ < sizeof(uint32_t)) {
    return result;
  }
  const size_t count = word(0);
  if (count > (size_ - 4) / 8) {
    return result;
  }
  result.reserve(count);
  size_t at = 4 + count * 8;
  for (size_t index = 0; index < count; ++index) {
    const size_t name_size = word(4 + index * 8);
    const size_t value_size = word(8 + index * 8);
    const size_t left = size_ - at;
    if (name_size >= left || value_size >= left - name_size - 1) {
      return {};
    }
    const char* name = data_ + at;
    result.emplace_back(std::string_view(name, name_size),
                        std::string_view(name + name_size + 1, value_size));
    at += name_size + value_size + 2;
  }
  return result;
}

/// Bytes that `marshalPairs` writes for `pairs`.
template <typename Pairs>
size_t pairsSize(const Pairs& pairs) {
  size_t size = 4;
  for (const auto& [name, value] : pairs) {
    size += 8 + std::string_view(name).size() + std::string_view(value).size() + 2;
  }
  return size;
}

/// Writes `pairs` in the ABI's layout: count, sizes, then each name and value with a zero byte.
/// `buffer` has room for `pairsSize(pairs)` bytes.
template <typename Pairs>
void marshalPairs(const Pairs& pairs, char* buffer) {
  const auto put_word = [&buffer](size_t value) {
    const auto word = static_cast<uint32_t>(value);
    std::memcpy(buffer, &word, sizeof(word));
    buffer += sizeof(word);
  };
  const auto put_text = [&buffer](std::string_view text) {
    std::memcpy(buffer, text.data(), text.size());
    buffer += text.size();
    *buffer++ = 0;
  };
  put_word(pairs.size());
  for (const auto& [name, value] : pairs) {
    put_word(std::string_view(name).size());
    put_word(std::string_view(value).size());
  }
  for (const auto& [name, value] : pairs) {
    put_text(name);
    put_text(value);
  }
}

/// Serialised pairs; an empty list is an empty text.
template <typename Pairs>
std::string serializePairs(const Pairs& pairs) {
  std::string bytes;
  if (pairs.size() != 0) {
    bytes.resize(pairsSize(pairs));
    marshalPairs(pairs, bytes.data());
  }
  return bytes;
}

/// As `serializePairs`, into a block from `malloc` that the caller frees (upstream's signature).
template <typename Pairs>
void exportPairs(const Pairs& pairs, const char** data, size_t* size) {
  *data = nullptr;
  *size = 0;
  if (pairs.size() == 0) {
    return;
  }
  *size = pairsSize(pairs);
  auto* block = static_cast<char*>(::malloc(*size));
  marshalPairs(pairs, block);
  *data = block;
}
