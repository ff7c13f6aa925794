#pragma once
// The callbacks of the ABI: names, types per version, and which of them this host calls.

#include <cstdint>
#include <span>
#include <string_view>

#include "wasm/abi/abi_version.h"
#include "wasm/engine/value.h"

namespace wasmgate::wasm {

enum class Callback : uint8_t {
  MemoryAllocate,
  Malloc,
  Initialize,
  Start,
  Main,
  MainVoid,
  ContextCreate,
  VmStart,
  ValidateConfiguration,
  Configure,
  Tick,
  RequestHeaders,
  RequestBody,
  RequestTrailers,
  ResponseHeaders,
  ResponseBody,
  ResponseTrailers,
  HttpCallResponse,
  GrpcInitialMetadata,
  GrpcReceive,
  GrpcTrailingMetadata,
  GrpcClose,
  QueueReady,
  ForeignFunction,
  RedisCallResponse,
  Done,
  Log,
  Delete,
};
inline constexpr size_t kCallbacks = static_cast<size_t>(Callback::Delete) + 1;

/// The export's name.
std::string_view name_of(Callback callback);

/// The type that the export must have for a module of `version`.
const FunctionType& type_of(Callback callback, AbiVersion version);

/// Callbacks of the ABI that this host never calls: TCP, METADATA.
std::span<const std::string_view> uncalled_callbacks();

}  // namespace wasmgate::wasm
