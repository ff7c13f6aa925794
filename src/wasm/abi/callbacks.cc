#include "wasm/abi/callbacks.h"

#include <array>

namespace wasmgate::wasm {
namespace {

struct Info {
  std::string_view name;
  FunctionType type;
};

FunctionType takes(size_t params, bool result) {
  FunctionType type;
  type.params.assign(params, ValueType::I32);
  if (result) {
    type.results.push_back(ValueType::I32);
  }
  return type;
}

const std::array<Info, kCallbacks>& table() {
  // In the order of the enumeration.
  static const std::array<Info, kCallbacks> kTable{{
      {"proxy_on_context_create", takes(2, false)},
      {"proxy_on_request_headers", takes(3, true)},
      {"proxy_on_request_body", takes(3, true)},
      {"proxy_on_request_trailers", takes(2, true)},
      {"proxy_on_response_headers", takes(3, true)},
      {"proxy_on_response_body", takes(3, true)},
      {"proxy_on_response_trailers", takes(2, true)},
      {"proxy_on_log", takes(1, false)},
      {"proxy_on_done", takes(1, true)},
      {"proxy_on_delete", takes(1, false)},
      {"proxy_on_memory_allocate", takes(1, true)},
      {"malloc", takes(1, true)},
      {"_initialize", takes(0, false)},
      {"_start", takes(0, false)},
      {"main", takes(2, true)},
      {"__main_void", takes(0, true)},
      {"proxy_on_vm_start", takes(2, true)},
      {"proxy_validate_configuration", takes(2, true)},
      {"proxy_on_configure", takes(2, true)},
      {"proxy_on_tick", takes(1, false)},
      {"proxy_on_http_call_response", takes(5, false)},
      {"proxy_on_grpc_receive_initial_metadata", takes(3, false)},
      {"proxy_on_grpc_receive", takes(3, false)},
      {"proxy_on_grpc_receive_trailing_metadata", takes(3, false)},
      {"proxy_on_grpc_close", takes(3, false)},
      {"proxy_on_queue_ready", takes(2, false)},
      {"proxy_on_foreign_function", takes(3, false)},
      {"proxy_on_redis_call_response", takes(4, false)},
  }};
  return kTable;
}

constexpr std::array<std::string_view, 7> kUncalled{
    "proxy_on_new_connection",
    "proxy_on_downstream_data",
    "proxy_on_upstream_data",
    "proxy_on_downstream_connection_close",
    "proxy_on_upstream_connection_close",
    "proxy_on_request_metadata",
    "proxy_on_response_metadata",
};

}  // namespace

std::string_view name_of(Callback callback) { return table()[static_cast<size_t>(callback)].name; }

const FunctionType& type_of(Callback callback, AbiVersion version) {
  // ABI 0.1.0 has no end_of_stream in its headers callbacks.
  static const FunctionType kOldHeaders = takes(2, true);
  if (version == AbiVersion::V0_1_0 &&
      (callback == Callback::RequestHeaders || callback == Callback::ResponseHeaders)) {
    return kOldHeaders;
  }
  return table()[static_cast<size_t>(callback)].type;
}

std::span<const std::string_view> uncalled_callbacks() { return kUncalled; }

}  // namespace wasmgate::wasm
