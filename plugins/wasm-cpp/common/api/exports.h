// The module's callbacks, each exported only when a plug-in uses it.
//
// Every callback is a template that nothing instantiates by itself. registration.h instantiates
// those which a registered class overrides, and functions whose answer needs a callback (httpCall,
// grpcCallHandler, …) instantiate that one. The body is a plain function of dispatch.h.
#pragma once

#include <type_traits>

#include "api/dispatch.h"

namespace wasmgate::sdk {

#ifdef __wasm__
#define WASMGATE_EXPORT(name) __attribute__((export_name(#name), used))
#else
#define WASMGATE_EXPORT(name)
#endif

// Type, function of dispatch.h, export's name, parameters, arguments.
#define WASMGATE_CALLBACK(type, function, name, parameters, arguments)                         \
  template <typename>                                                                          \
  struct Callback_##function {                                                                 \
    WASMGATE_EXPORT(name) static type call parameters { return dispatch::function arguments; } \
  };                                                                                           \
  template <typename T = void>                                                                 \
  void export_##function() {                                                                   \
    (void)&Callback_##function<T>::call;                                                       \
  }

WASMGATE_CALLBACK(uint32_t, vm_start, proxy_on_vm_start, (uint32_t id, uint32_t size), (id, size))
WASMGATE_CALLBACK(uint32_t, validate_configuration, proxy_validate_configuration,
                  (uint32_t id, uint32_t size), (id, size))
WASMGATE_CALLBACK(uint32_t, configure, proxy_on_configure, (uint32_t id, uint32_t size), (id, size))
WASMGATE_CALLBACK(void, tick, proxy_on_tick, (uint32_t id), (id))
WASMGATE_CALLBACK(void, queue_ready, proxy_on_queue_ready, (uint32_t id, uint32_t token),
                  (id, token))
WASMGATE_CALLBACK(void, foreign_function, proxy_on_foreign_function,
                  (uint32_t id, uint32_t function, uint32_t size), (id, function, size))
WASMGATE_CALLBACK(uint32_t, new_connection, proxy_on_new_connection, (uint32_t id), (id))
WASMGATE_CALLBACK(uint32_t, downstream_data, proxy_on_downstream_data,
                  (uint32_t id, uint32_t size, uint32_t end), (id, size, end))
WASMGATE_CALLBACK(uint32_t, upstream_data, proxy_on_upstream_data,
                  (uint32_t id, uint32_t size, uint32_t end), (id, size, end))
WASMGATE_CALLBACK(void, downstream_close, proxy_on_downstream_connection_close,
                  (uint32_t id, uint32_t type), (id, type))
WASMGATE_CALLBACK(void, upstream_close, proxy_on_upstream_connection_close,
                  (uint32_t id, uint32_t type), (id, type))
WASMGATE_CALLBACK(uint32_t, request_headers, proxy_on_request_headers,
                  (uint32_t id, uint32_t count, uint32_t end), (id, count, end))
WASMGATE_CALLBACK(uint32_t, request_metadata, proxy_on_request_metadata,
                  (uint32_t id, uint32_t count), (id, count))
WASMGATE_CALLBACK(uint32_t, request_body, proxy_on_request_body,
                  (uint32_t id, uint32_t size, uint32_t end), (id, size, end))
WASMGATE_CALLBACK(uint32_t, request_trailers, proxy_on_request_trailers,
                  (uint32_t id, uint32_t count), (id, count))
WASMGATE_CALLBACK(uint32_t, response_headers, proxy_on_response_headers,
                  (uint32_t id, uint32_t count, uint32_t end), (id, count, end))
WASMGATE_CALLBACK(uint32_t, response_metadata, proxy_on_response_metadata,
                  (uint32_t id, uint32_t count), (id, count))
WASMGATE_CALLBACK(uint32_t, response_body, proxy_on_response_body,
                  (uint32_t id, uint32_t size, uint32_t end), (id, size, end))
WASMGATE_CALLBACK(uint32_t, response_trailers, proxy_on_response_trailers,
                  (uint32_t id, uint32_t count), (id, count))
WASMGATE_CALLBACK(void, http_call_response, proxy_on_http_call_response,
                  (uint32_t id, uint32_t token, uint32_t headers, uint32_t size, uint32_t trailers),
                  (id, token, headers, size, trailers))
WASMGATE_CALLBACK(void, grpc_initial_metadata, proxy_on_grpc_receive_initial_metadata,
                  (uint32_t id, uint32_t token, uint32_t headers), (id, token, headers))
WASMGATE_CALLBACK(void, grpc_receive, proxy_on_grpc_receive,
                  (uint32_t id, uint32_t token, uint32_t size), (id, token, size))
WASMGATE_CALLBACK(void, grpc_trailing_metadata, proxy_on_grpc_receive_trailing_metadata,
                  (uint32_t id, uint32_t token, uint32_t trailers), (id, token, trailers))
WASMGATE_CALLBACK(void, grpc_close, proxy_on_grpc_close,
                  (uint32_t id, uint32_t token, uint32_t status), (id, token, status))
WASMGATE_CALLBACK(uint32_t, done, proxy_on_done, (uint32_t id), (id))
WASMGATE_CALLBACK(void, log, proxy_on_log, (uint32_t id), (id))
#undef WASMGATE_CALLBACK

/// The four callbacks of gRPC.
template <typename T = void>
void export_grpc() {
  export_grpc_initial_metadata<T>();
  export_grpc_receive<T>();
  export_grpc_trailing_metadata<T>();
  export_grpc_close<T>();
}

/// `void` for every T: lets a template ask for an export only when it is itself instantiated.
template <typename T>
using AlwaysVoid = std::void_t<T>;

}  // namespace wasmgate::sdk
