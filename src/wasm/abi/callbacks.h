#pragma once
// The callbacks of the ABI: names, types per version, and which of them this host calls.

#include <cstdint>
#include <span>
#include <string_view>

#include "wasm/abi/abi_version.h"
#include "wasm/engine/value.h"

namespace wasmgate::wasm {

/// A stream's callbacks come first, in the order of its life: what is called together stands
/// together in tables.
enum class Callback : uint8_t {
  ContextCreate,
  RequestHeaders,
  RequestBody,
  RequestTrailers,
  ResponseHeaders,
  ResponseBody,
  ResponseTrailers,
  Log,
  Done,
  Delete,
  MemoryAllocate,
  Malloc,
  Initialize,
  Start,
  Main,
  MainVoid,
  VmStart,
  ValidateConfiguration,
  Configure,
  Tick,
  HttpCallResponse,
  GrpcInitialMetadata,
  GrpcReceive,
  GrpcTrailingMetadata,
  GrpcClose,
  QueueReady,
  ForeignFunction,
  RedisCallResponse,
};
inline constexpr size_t kCallbacks = static_cast<size_t>(Callback::RedisCallResponse) + 1;

/// The export's name.
std::string_view name_of(Callback callback);

/// The type that the export must have for a module of `version`.
const FunctionType& type_of(Callback callback, AbiVersion version);

/// Callbacks of the ABI that this host never calls: TCP, METADATA.
std::span<const std::string_view> uncalled_callbacks();

}  // namespace wasmgate::wasm
