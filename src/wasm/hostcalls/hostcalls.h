#pragma once
// The host functions of the proxy-wasm ABI (reference: ABI 1.1), by family. Numbers are addresses
// and sizes in guest memory unless the name says otherwise. Every bad address is
// InvalidMemoryAccess.

#include <cstdint>

#include "wasm/hostcalls/host_call.h"

namespace wasmgate::wasm::hostcalls {

// system.cc
Status proxy_log(HostCall& call, uint32_t level, uint32_t message, uint32_t size);
Status proxy_get_log_level(HostCall& call, uint32_t out);
Status proxy_get_current_time_nanoseconds(HostCall& call, uint32_t out);
Status proxy_set_tick_period_milliseconds(HostCall& call, uint32_t period);
Status proxy_get_status(HostCall& call, uint32_t code_out, uint32_t message_out, uint32_t size_out);
Status proxy_set_effective_context(HostCall& call, uint32_t context);
Status proxy_done(HostCall& call);
Status proxy_get_configuration(HostCall& call, uint32_t out, uint32_t size_out);

// header_maps.cc
Status proxy_get_header_map_size(HostCall& call, uint32_t map, uint32_t out);
Status proxy_get_header_map_pairs(HostCall& call, uint32_t map, uint32_t out, uint32_t size_out);
Status proxy_set_header_map_pairs(HostCall& call, uint32_t map, uint32_t data, uint32_t size);
Status proxy_get_header_map_value(HostCall& call, uint32_t map, uint32_t key, uint32_t key_size,
                                  uint32_t out, uint32_t size_out);
Status proxy_add_header_map_value(HostCall& call, uint32_t map, uint32_t key, uint32_t key_size,
                                  uint32_t value, uint32_t value_size);
Status proxy_replace_header_map_value(HostCall& call, uint32_t map, uint32_t key, uint32_t key_size,
                                      uint32_t value, uint32_t value_size);
Status proxy_remove_header_map_value(HostCall& call, uint32_t map, uint32_t key, uint32_t key_size);

// buffers.cc
Status proxy_get_buffer_bytes(HostCall& call, uint32_t buffer, uint32_t start, uint32_t max,
                              uint32_t out, uint32_t size_out);
Status proxy_set_buffer_bytes(HostCall& call, uint32_t buffer, uint32_t start, uint32_t size,
                              uint32_t data, uint32_t data_size);
Status proxy_get_buffer_status(HostCall& call, uint32_t buffer, uint32_t length_out,
                               uint32_t flags_out);

// streams.cc
Status proxy_continue_stream(HostCall& call, uint32_t type);
Status proxy_continue_request(HostCall& call);
Status proxy_continue_response(HostCall& call);
void proxy_continue_request_void(HostCall& call);
void proxy_continue_response_void(HostCall& call);
Status proxy_close_stream(HostCall& call, uint32_t type);
Status proxy_send_local_response(HostCall& call, uint32_t code, uint32_t details,
                                 uint32_t details_size, uint32_t body, uint32_t body_size,
                                 uint32_t headers, uint32_t headers_size, uint32_t grpc_status);
Status proxy_clear_route_cache(HostCall& call);

// properties.cc
Status proxy_get_property(HostCall& call, uint32_t path, uint32_t path_size, uint32_t out,
                          uint32_t size_out);
Status proxy_set_property(HostCall& call, uint32_t path, uint32_t path_size, uint32_t value,
                          uint32_t value_size);

// shared.cc
Status proxy_get_shared_data(HostCall& call, uint32_t key, uint32_t key_size, uint32_t out,
                             uint32_t size_out, uint32_t cas_out);
Status proxy_set_shared_data(HostCall& call, uint32_t key, uint32_t key_size, uint32_t value,
                             uint32_t value_size, uint32_t cas);
Status proxy_register_shared_queue(HostCall& call, uint32_t name, uint32_t size, uint32_t out);
Status proxy_resolve_shared_queue(HostCall& call, uint32_t vm_id, uint32_t vm_id_size,
                                  uint32_t name, uint32_t size, uint32_t out);
Status proxy_enqueue_shared_queue(HostCall& call, uint32_t queue, uint32_t data, uint32_t size);
Status proxy_dequeue_shared_queue(HostCall& call, uint32_t queue, uint32_t out, uint32_t size_out);

// metrics.cc
Status proxy_define_metric(HostCall& call, uint32_t type, uint32_t name, uint32_t size,
                           uint32_t out);
Status proxy_record_metric(HostCall& call, uint32_t id, uint64_t value);
Status proxy_increment_metric(HostCall& call, uint32_t id, uint64_t delta);
Status proxy_get_metric(HostCall& call, uint32_t id, uint32_t out);

// calls_out.cc
Status proxy_http_call(HostCall& call, uint32_t upstream, uint32_t upstream_size, uint32_t headers,
                       uint32_t headers_size, uint32_t body, uint32_t body_size, uint32_t trailers,
                       uint32_t trailers_size, uint32_t timeout_ms, uint32_t out);
Status proxy_grpc_call(HostCall& call, uint32_t upstream, uint32_t upstream_size, uint32_t service,
                       uint32_t service_size, uint32_t method, uint32_t method_size,
                       uint32_t metadata, uint32_t metadata_size, uint32_t message,
                       uint32_t message_size, uint32_t timeout_ms, uint32_t out);
Status proxy_grpc_stream(HostCall& call, uint32_t upstream, uint32_t upstream_size,
                         uint32_t service, uint32_t service_size, uint32_t method,
                         uint32_t method_size, uint32_t metadata, uint32_t metadata_size,
                         uint32_t out);
Status proxy_grpc_send(HostCall& call, uint32_t id, uint32_t message, uint32_t size,
                       uint32_t end_stream);
Status proxy_grpc_cancel(HostCall& call, uint32_t id);
Status proxy_grpc_close(HostCall& call, uint32_t id);
Status proxy_redis_init(HostCall& call, uint32_t service, uint32_t service_size, uint32_t user,
                        uint32_t user_size, uint32_t password, uint32_t password_size,
                        uint32_t timeout_ms);
Status proxy_redis_call(HostCall& call, uint32_t service, uint32_t service_size, uint32_t query,
                        uint32_t query_size, uint32_t out);

// extras.cc
Status proxy_inject_encoded_data_to_filter_chain(HostCall& call, uint32_t data, uint32_t size,
                                                 uint32_t end_stream);
Status proxy_get_upstream_hosts(HostCall& call, uint32_t out, uint32_t size_out);
Status proxy_set_upstream_override_host(HostCall& call, uint32_t address, uint32_t size);
Status envoy_resolve_dns(HostCall& call, uint32_t name, uint32_t size, uint32_t token_out);
uint32_t pthread_equal(HostCall& call, uint32_t a, uint32_t b);
void emscripten_notify_memory_growth(HostCall& call, uint32_t memory);

// foreign.cc
Status proxy_call_foreign_function(HostCall& call, uint32_t name, uint32_t name_size,
                                   uint32_t arguments, uint32_t arguments_size, uint32_t out,
                                   uint32_t size_out);

}  // namespace wasmgate::wasm::hostcalls
