// Properties: facts about the request, the connection and the plug-in, by path.
#pragma once

#include <cstring>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "api/wasm_data.h"
#include "proxy_wasm_externs.h"

/// Reads a property by its serialised path (segments with a zero byte after each, or one bare
/// name).
inline std::optional<WasmDataPtr> getPropertyByPath(std::string_view path) {
  const char* value = nullptr;
  size_t size = 0;
  if (proxy_get_property(path.data(), path.size(), &value, &size) != WasmResult::Ok) {
    return std::nullopt;
  }
  return std::make_unique<WasmData>(value, size);
}

/// Reads the property at `segments`; nothing when it is unknown.
template <typename Segments>
std::optional<WasmDataPtr> getPropertyOf(const Segments& segments) {
  std::string path;
  for (const auto& segment : segments) {
    path += std::string_view(segment);
    path += '\0';
  }
  return getPropertyByPath(path);
}

inline std::optional<WasmDataPtr> getProperty(std::initializer_list<std::string_view> segments) {
  return getPropertyOf(segments);
}
template <typename S>
std::optional<WasmDataPtr> getProperty(std::initializer_list<S> segments) {
  return getPropertyOf(segments);
}
template <typename S>
std::optional<WasmDataPtr> getProperty(const std::vector<S>& segments) {
  return getPropertyOf(segments);
}

namespace wasmgate::sdk {
template <typename T>
bool copy_property(const std::optional<WasmDataPtr>& found, T* out) {
  if (!found) {
    return false;
  }
  if constexpr (std::is_same_v<T, std::string>) {
    *out = (*found)->toString();
    return true;
  } else {
    static_assert(std::is_trivially_copyable_v<T>, "getValue reads texts and plain values");
    if ((*found)->size() != sizeof(T)) {
      return false;
    }
    std::memcpy(out, (*found)->data(), sizeof(T));
    return true;
  }
}
template <typename M>
bool parse_property(const std::optional<WasmDataPtr>& found, M* message) {
  return found && message->ParseFromArray((*found)->data(), static_cast<int>((*found)->size()));
}
}  // namespace wasmgate::sdk

/// Copies a property into `out`. Numbers must have exactly the size of `T` (the host sends integers
/// and doubles in 8 bytes, booleans in 1).
template <typename T>
bool getValue(std::initializer_list<std::string_view> segments, T* out) {
  return wasmgate::sdk::copy_property(getProperty(segments), out);
}
template <typename T, typename S>
bool getValue(const std::vector<S>& segments, T* out) {
  return wasmgate::sdk::copy_property(getProperty(segments), out);
}

/// Parses a property as a protobuf message (any type with `ParseFromArray`).
template <typename M>
bool getMessageValue(std::initializer_list<std::string_view> segments, M* message) {
  return wasmgate::sdk::parse_property(getProperty(segments), message);
}
template <typename M, typename S>
bool getMessageValue(const std::vector<S>& segments, M* message) {
  return wasmgate::sdk::parse_property(getProperty(segments), message);
}

/// Stores `value` on the stream under `key`; later plug-ins and access logs see it.
inline WasmResult setFilterState(std::string_view key, std::string_view value) {
  return proxy_set_property(key.data(), key.size(), value.data(), value.size());
}

inline WasmResult setFilterStateStringValue(std::string_view key, std::string_view value) {
  return setFilterState(key, value);
}
