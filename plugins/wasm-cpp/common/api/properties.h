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

template <typename S>
std::optional<WasmDataPtr> getProperty(std::initializer_list<S> segments) {
  return getPropertyOf(segments);
}
template <typename S>
std::optional<WasmDataPtr> getProperty(const std::vector<S>& segments) {
  return getPropertyOf(segments);
}

/// Copies a property into `out`. Numbers must have exactly the size of `T` (the host sends integers
/// and doubles in 8 bytes, booleans in 1).
template <typename S, typename T>
bool getValue(const std::vector<S>& segments, T* out) {
  const auto found = getProperty(segments);
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

template <typename S, typename T>
bool getValue(std::initializer_list<S> segments, T* out) {
  return getValue(std::vector<S>(segments), out);
}

/// Parses a property as a protobuf message (any type with `ParseFromArray`).
template <typename S, typename M>
bool getMessageValue(const std::vector<S>& segments, M* message) {
  const auto found = getProperty(segments);
  return found && message->ParseFromArray((*found)->data(), static_cast<int>((*found)->size()));
}
template <typename S, typename M>
bool getMessageValue(std::initializer_list<S> segments, M* message) {
  return getMessageValue(std::vector<S>(segments), message);
}

/// Stores `value` on the stream under `key`; later plug-ins and access logs see it.
inline WasmResult setFilterState(std::string_view key, std::string_view value) {
  return proxy_set_property(key.data(), key.size(), value.data(), value.size());
}

/// As `setFilterState`; false when the host refused.
inline bool setFilterStateStringValue(std::string_view key, std::string_view value) {
  return setFilterState(key, value) == WasmResult::Ok;
}
