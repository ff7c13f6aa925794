#pragma once
// Every function that a guest can import, under every module name it is known by (D1), with its
// type and the times at which it may be called.

#include <span>
#include <string_view>

#include "wasm/engine/engine.h"

namespace wasmgate::wasm {

struct HostcallEntry {
  std::string_view name;
  FunctionType type;
  HostCallback callback = nullptr;
  uint32_t modes = 0;      // CallMode bits
  bool wasi = false;       // in wasi_snapshot_preview1 and wasi_unstable; else in env
  std::string_view hosts;  // which hosts have it, for the load check
};

/// In no order that counts; a name may stand twice with different types (D2).
std::span<const HostcallEntry> hostcall_table();

/// The entry for an import of that module, name and type; null when there is none.
const HostcallEntry* find_hostcall(std::string_view module, std::string_view name,
                                   const FunctionType& type);

/// Is there a function of that name, whatever its type? Null, or one of its entries.
const HostcallEntry* find_hostcall_name(std::string_view module, std::string_view name);

}  // namespace wasmgate::wasm
