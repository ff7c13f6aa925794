// Bodies, configurations and other byte buffers of the current callback.
#pragma once

#include <string_view>

#include "api/wasm_data.h"
#include "proxy_wasm_externs.h"

/// Bytes `start` to `start + length` of a buffer, cut to what exists. Never null; empty when the
/// buffer cannot be read in this callback.
inline WasmDataPtr getBufferBytes(WasmBufferType type, size_t start, size_t length) {
  const char* data = nullptr;
  size_t size = 0;
  proxy_get_buffer_bytes(type, start, length, &data, &size);
  return std::make_unique<WasmData>(data, size);
}

inline WasmResult getBufferStatus(WasmBufferType type, size_t* size, uint32_t* flags) {
  return proxy_get_buffer_status(type, size, flags);
}

/// Replaces bytes `start` to `start + length` (cut to what exists) by `data`.
/// `new_size`: the buffer's size afterwards, when not null.
inline WasmResult setBuffer(WasmBufferType type, size_t start, size_t length, std::string_view data,
                            size_t* new_size = nullptr) {
  const WasmResult result = proxy_set_buffer_bytes(type, start, length, data.data(), data.size());
  if (result == WasmResult::Ok && new_size != nullptr) {
    uint32_t flags = 0;
    return proxy_get_buffer_status(type, new_size, &flags);
  }
  return result;
}
