// Header and trailer maps.
//
// Reading returns an object that owns the bytes and is never null; a missing header is an empty
// text (use `findHeaderMapValue` to tell it from an empty value). Writing returns the host's
// answer.
#pragma once

#include <optional>
#include <string_view>

#include "api/wasm_data.h"
#include "proxy_wasm_externs.h"

inline WasmDataPtr getHeaderMapValue(WasmHeaderMapType type, std::string_view key) {
  const char* value = nullptr;
  size_t size = 0;
  proxy_get_header_map_value(type, key.data(), key.size(), &value, &size);
  return std::make_unique<WasmData>(value, size);
}

/// As `getHeaderMapValue`; nothing when the map has no such key or cannot be read here.
inline std::optional<std::string> findHeaderMapValue(WasmHeaderMapType type, std::string_view key) {
  const char* value = nullptr;
  size_t size = 0;
  if (proxy_get_header_map_value(type, key.data(), key.size(), &value, &size) != WasmResult::Ok) {
    return std::nullopt;
  }
  return WasmData(value, size).toString();
}

inline WasmResult addHeaderMapValue(WasmHeaderMapType type, std::string_view key,
                                    std::string_view value) {
  return proxy_add_header_map_value(type, key.data(), key.size(), value.data(), value.size());
}

inline WasmResult replaceHeaderMapValue(WasmHeaderMapType type, std::string_view key,
                                        std::string_view value) {
  return proxy_replace_header_map_value(type, key.data(), key.size(), value.data(), value.size());
}

inline WasmResult removeHeaderMapValue(WasmHeaderMapType type, std::string_view key) {
  return proxy_remove_header_map_value(type, key.data(), key.size());
}

inline WasmDataPtr getHeaderMapPairs(WasmHeaderMapType type) {
  const char* pairs = nullptr;
  size_t size = 0;
  proxy_get_header_map_pairs(type, &pairs, &size);
  return std::make_unique<WasmData>(pairs, size);
}

inline WasmResult getHeaderMapPairs(WasmHeaderMapType type, WasmDataPtr* pairs) {
  const char* data = nullptr;
  size_t size = 0;
  const WasmResult result = proxy_get_header_map_pairs(type, &data, &size);
  *pairs = std::make_unique<WasmData>(data, size);
  return result;
}

/// Replaces the whole map.
inline WasmResult setHeaderMapPairs(WasmHeaderMapType type, const HeaderStringPairs& pairs) {
  const std::string bytes = serializePairs(pairs);
  return proxy_set_header_map_pairs(type, bytes.data(), bytes.size());
}

/// Bytes of all names and values.
inline WasmResult getHeaderMapSize(WasmHeaderMapType type, size_t* size) {
  return proxy_get_header_map_size(type, size);
}

// The same functions by map. `One` and `All` are the endings of upstream's names.
#define WASMGATE_READ_MAP(One, Map)                                                                \
  inline WasmDataPtr get##One(std::string_view key) {                                              \
    return getHeaderMapValue(WasmHeaderMapType::Map, key);                                         \
  }                                                                                                \
  inline WasmResult get##One(std::string_view key, WasmDataPtr* result) {                          \
    const char* value = nullptr;                                                                   \
    size_t size = 0;                                                                               \
    const WasmResult status =                                                                      \
        proxy_get_header_map_value(WasmHeaderMapType::Map, key.data(), key.size(), &value, &size); \
    *result = std::make_unique<WasmData>(value, size);                                             \
    return status;                                                                                 \
  }                                                                                                \
  inline WasmDataPtr get##One##Pairs() { return getHeaderMapPairs(WasmHeaderMapType::Map); }       \
  inline WasmResult get##One##Pairs(WasmDataPtr* pairs) {                                          \
    return getHeaderMapPairs(WasmHeaderMapType::Map, pairs);                                       \
  }                                                                                                \
  inline WasmResult get##One##Size(size_t* size) {                                                 \
    return getHeaderMapSize(WasmHeaderMapType::Map, size);                                         \
  }
#define WASMGATE_WRITE_MAP(One, Map)                                             \
  inline WasmResult add##One(std::string_view key, std::string_view value) {     \
    return addHeaderMapValue(WasmHeaderMapType::Map, key, value);                \
  }                                                                              \
  inline WasmResult replace##One(std::string_view key, std::string_view value) { \
    return replaceHeaderMapValue(WasmHeaderMapType::Map, key, value);            \
  }                                                                              \
  inline WasmResult remove##One(std::string_view key) {                          \
    return removeHeaderMapValue(WasmHeaderMapType::Map, key);                    \
  }                                                                              \
  inline WasmResult set##One##Pairs(const HeaderStringPairs& pairs) {            \
    return setHeaderMapPairs(WasmHeaderMapType::Map, pairs);                     \
  }

WASMGATE_READ_MAP(RequestHeader, RequestHeaders)
WASMGATE_WRITE_MAP(RequestHeader, RequestHeaders)
WASMGATE_READ_MAP(RequestTrailer, RequestTrailers)
WASMGATE_WRITE_MAP(RequestTrailer, RequestTrailers)
WASMGATE_READ_MAP(ResponseHeader, ResponseHeaders)
WASMGATE_WRITE_MAP(ResponseHeader, ResponseHeaders)
WASMGATE_READ_MAP(ResponseTrailer, ResponseTrailers)
WASMGATE_WRITE_MAP(ResponseTrailer, ResponseTrailers)
WASMGATE_READ_MAP(HttpCallResponseHeader, HttpCallResponseHeaders)
WASMGATE_READ_MAP(HttpCallResponseTrailer, HttpCallResponseTrailers)
WASMGATE_READ_MAP(GrpcReceiveInitialMetadata, GrpcReceiveInitialMetadata)
WASMGATE_READ_MAP(GrpcReceiveTrailingMetadata, GrpcReceiveTrailingMetadata)
#undef WASMGATE_READ_MAP
#undef WASMGATE_WRITE_MAP
