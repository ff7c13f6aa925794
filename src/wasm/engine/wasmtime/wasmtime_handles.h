#pragma once
// Owners for the C API's objects, and its byte vectors and errors as ours. Only for this folder.

#include <wasm.h>
#include <wasmtime.h>

#include <memory>
#include <string>
#include <string_view>

#include "wasm/engine/trap.h"

namespace wasmgate::wasm {

template <auto Delete>
struct Deleter {
  template <class T>
  void operator()(T* object) const {
    Delete(object);
  }
};

using EngineHandle = std::unique_ptr<wasm_engine_t, Deleter<wasm_engine_delete>>;
using ModuleHandle = std::unique_ptr<wasmtime_module_t, Deleter<wasmtime_module_delete>>;
using LinkerHandle = std::unique_ptr<wasmtime_linker_t, Deleter<wasmtime_linker_delete>>;
using InstancePreHandle =
    std::unique_ptr<wasmtime_instance_pre_t, Deleter<wasmtime_instance_pre_delete>>;
using StoreHandle = std::unique_ptr<wasmtime_store_t, Deleter<wasmtime_store_delete>>;
using FunctionTypeHandle = std::unique_ptr<wasm_functype_t, Deleter<wasm_functype_delete>>;
using ErrorHandle = std::unique_ptr<wasmtime_error_t, Deleter<wasmtime_error_delete>>;
using TrapHandle = std::unique_ptr<wasm_trap_t, Deleter<wasm_trap_delete>>;

/// The error's text; consumes it.
std::string take_message(wasmtime_error_t* error);

/// Fills `out` from what a failed call gave: exactly one of `error` and `trap` is not null.
/// Consumes both.
void read_trap(wasmtime_error_t* error, wasm_trap_t* trap, Trap& out);

}  // namespace wasmgate::wasm
