// The host functions of the proxy-wasm ABI as C declarations.
//
// In a WebAssembly build each is an import from module `env`; only those a plug-in really calls end
// up in its import list. In a native build common/testing/ defines them (see host_simulator.h).
// Prefer the wrappers of proxy_wasm_api.h.
//
// Source: proxy-wasm ABI 0.2.1; functions marked "Higress" exist on Higress and wasmgate only and
// make a module unloadable elsewhere.
#pragma once

#include <cstddef>
#include <cstdint>

#include "proxy_wasm_enums.h"

#ifdef __wasm__
#define WASMGATE_IMPORT(name) __attribute__((import_module("env"), import_name(#name))) name
#else
#define WASMGATE_IMPORT(name) name
#endif

extern "C" {

// Log, time, timers.
WasmResult WASMGATE_IMPORT(proxy_log)(LogLevel level, const char* message, size_t size);
WasmResult WASMGATE_IMPORT(proxy_get_log_level)(LogLevel* level);
WasmResult WASMGATE_IMPORT(proxy_get_current_time_nanoseconds)(uint64_t* nanoseconds);
WasmResult WASMGATE_IMPORT(proxy_set_tick_period_milliseconds)(uint32_t milliseconds);
WasmResult WASMGATE_IMPORT(proxy_get_status)(uint32_t* code, const char** message, size_t* size);

// Stream control.
WasmResult WASMGATE_IMPORT(proxy_continue_stream)(WasmStreamType stream);
WasmResult WASMGATE_IMPORT(proxy_close_stream)(WasmStreamType stream);
WasmResult WASMGATE_IMPORT(proxy_send_local_response)(uint32_t code, const char* details,
                                                      size_t details_size, const char* body,
                                                      size_t body_size, const char* headers,
                                                      size_t headers_size, GrpcStatus grpc_status);
WasmResult WASMGATE_IMPORT(proxy_clear_route_cache)();
WasmResult WASMGATE_IMPORT(proxy_set_effective_context)(uint32_t context_id);
WasmResult WASMGATE_IMPORT(proxy_done)();

// Header maps.
WasmResult WASMGATE_IMPORT(proxy_get_header_map_value)(WasmHeaderMapType type, const char* key,
                                                       size_t key_size, const char** value,
                                                       size_t* value_size);
WasmResult WASMGATE_IMPORT(proxy_add_header_map_value)(WasmHeaderMapType type, const char* key,
                                                       size_t key_size, const char* value,
                                                       size_t value_size);
WasmResult WASMGATE_IMPORT(proxy_replace_header_map_value)(WasmHeaderMapType type, const char* key,
                                                           size_t key_size, const char* value,
                                                           size_t value_size);
WasmResult WASMGATE_IMPORT(proxy_remove_header_map_value)(WasmHeaderMapType type, const char* key,
                                                          size_t key_size);
WasmResult WASMGATE_IMPORT(proxy_get_header_map_pairs)(WasmHeaderMapType type, const char** pairs,
                                                       size_t* size);
WasmResult WASMGATE_IMPORT(proxy_set_header_map_pairs)(WasmHeaderMapType type, const char* pairs,
                                                       size_t size);
WasmResult WASMGATE_IMPORT(proxy_get_header_map_size)(WasmHeaderMapType type, size_t* size);

// Buffers.
WasmResult WASMGATE_IMPORT(proxy_get_buffer_bytes)(WasmBufferType type, size_t start, size_t length,
                                                   const char** data, size_t* size);
WasmResult WASMGATE_IMPORT(proxy_set_buffer_bytes)(WasmBufferType type, size_t start, size_t length,
                                                   const char* data, size_t size);
WasmResult WASMGATE_IMPORT(proxy_get_buffer_status)(WasmBufferType type, size_t* length,
                                                    uint32_t* flags);

// Properties.
WasmResult WASMGATE_IMPORT(proxy_get_property)(const char* path, size_t path_size,
                                               const char** value, size_t* value_size);
WasmResult WASMGATE_IMPORT(proxy_set_property)(const char* path, size_t path_size,
                                               const char* value, size_t value_size);

// Shared data and queues.
WasmResult WASMGATE_IMPORT(proxy_get_shared_data)(const char* key, size_t key_size,
                                                  const char** value, size_t* value_size,
                                                  uint32_t* cas);
WasmResult WASMGATE_IMPORT(proxy_set_shared_data)(const char* key, size_t key_size,
                                                  const char* value, size_t value_size,
                                                  uint32_t cas);
WasmResult WASMGATE_IMPORT(proxy_register_shared_queue)(const char* name, size_t name_size,
                                                        uint32_t* token);
WasmResult WASMGATE_IMPORT(proxy_resolve_shared_queue)(const char* vm_id, size_t vm_id_size,
                                                       const char* name, size_t name_size,
                                                       uint32_t* token);
WasmResult WASMGATE_IMPORT(proxy_dequeue_shared_queue)(uint32_t token, const char** data,
                                                       size_t* size);
WasmResult WASMGATE_IMPORT(proxy_enqueue_shared_queue)(uint32_t token, const char* data,
                                                       size_t size);

// Calls out.
WasmResult WASMGATE_IMPORT(proxy_http_call)(const char* upstream, size_t upstream_size,
                                            const char* headers, size_t headers_size,
                                            const char* body, size_t body_size,
                                            const char* trailers, size_t trailers_size,
                                            uint32_t timeout_milliseconds, uint32_t* token);
WasmResult WASMGATE_IMPORT(proxy_grpc_call)(const char* upstream, size_t upstream_size,
                                            const char* service, size_t service_size,
                                            const char* method, size_t method_size,
                                            const char* metadata, size_t metadata_size,
                                            const char* message, size_t message_size,
                                            uint32_t timeout_milliseconds, uint32_t* token);
WasmResult WASMGATE_IMPORT(proxy_grpc_stream)(const char* upstream, size_t upstream_size,
                                              const char* service, size_t service_size,
                                              const char* method, size_t method_size,
                                              const char* metadata, size_t metadata_size,
                                              uint32_t* token);
WasmResult WASMGATE_IMPORT(proxy_grpc_send)(uint32_t token, const char* message, size_t size,
                                            uint32_t end_stream);
WasmResult WASMGATE_IMPORT(proxy_grpc_cancel)(uint32_t token);
WasmResult WASMGATE_IMPORT(proxy_grpc_close)(uint32_t token);
WasmResult WASMGATE_IMPORT(proxy_call_foreign_function)(const char* name, size_t name_size,
                                                        const char* arguments,
                                                        size_t arguments_size, char** results,
                                                        size_t* results_size);

// Metrics.
WasmResult WASMGATE_IMPORT(proxy_define_metric)(MetricType type, const char* name, size_t name_size,
                                                uint32_t* id);
WasmResult WASMGATE_IMPORT(proxy_increment_metric)(uint32_t id, int64_t offset);
WasmResult WASMGATE_IMPORT(proxy_record_metric)(uint32_t id, uint64_t value);
WasmResult WASMGATE_IMPORT(proxy_get_metric)(uint32_t id, uint64_t* value);

// Higress.
WasmResult WASMGATE_IMPORT(proxy_redis_init)(const char* service, size_t service_size,
                                             const char* user, size_t user_size,
                                             const char* password, size_t password_size,
                                             uint32_t timeout_milliseconds);
WasmResult WASMGATE_IMPORT(proxy_redis_call)(const char* service, size_t service_size,
                                             const char* query, size_t query_size, uint32_t* token);

}  // extern "C"
