// Data and queues shared by all workers of this plug-in.
#pragma once

#include <string_view>

#include "api/log.h"
#include "api/wasm_data.h"
#include "proxy_wasm_externs.h"

/// Reads a shared value. `cas`: the value's version for `setSharedData`, when not null.
inline WasmResult getSharedData(std::string_view key, WasmDataPtr* value, uint32_t* cas = nullptr) {
  const char* data = nullptr;
  size_t size = 0;
  uint32_t version = 0;
  const WasmResult result = proxy_get_shared_data(key.data(), key.size(), &data, &size, &version);
  *value = std::make_unique<WasmData>(data, size);
  if (cas != nullptr) {
    *cas = version;
  }
  return result;
}

/// Writes a shared value. With `cas` not 0 only if the stored version is still `cas`; else the
/// answer is CasMismatch.
inline WasmResult setSharedData(std::string_view key, std::string_view value, uint32_t cas = 0) {
  return proxy_set_shared_data(key.data(), key.size(), value.data(), value.size(), cas);
}

/// As `getSharedData` for a value that must be there; a missing one traps (upstream's behaviour).
inline WasmDataPtr getSharedDataValue(std::string_view key, uint32_t* cas = nullptr) {
  WasmDataPtr value;
  CHECK_RESULT(getSharedData(key, &value, cas));
  return value;
}

inline WasmResult registerSharedQueue(std::string_view name, uint32_t* token) {
  return proxy_register_shared_queue(name.data(), name.size(), token);
}

/// Finds another VM's queue. An empty `vm_id` means one's own.
inline WasmResult resolveSharedQueue(std::string_view vm_id, std::string_view name,
                                     uint32_t* token) {
  return proxy_resolve_shared_queue(vm_id.data(), vm_id.size(), name.data(), name.size(), token);
}

inline WasmResult enqueueSharedQueue(uint32_t token, std::string_view data) {
  return proxy_enqueue_shared_queue(token, data.data(), data.size());
}

/// Takes the oldest item. Answers Empty when there is none.
inline WasmResult dequeueSharedQueue(uint32_t token, WasmDataPtr* data) {
  const char* bytes = nullptr;
  size_t size = 0;
  const WasmResult result = proxy_dequeue_shared_queue(token, &bytes, &size);
  *data = std::make_unique<WasmData>(bytes, size);
  return result;
}
