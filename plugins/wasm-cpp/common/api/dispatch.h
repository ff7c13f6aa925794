// What each callback of the ABI does: find the context, call its virtual function.
//
// An id the host never created is logged and answered with the neutral value (Continue, true),
// never a trap. Source: proxy-wasm ABI 0.2.1, "callbacks".
#pragma once

#include <cstdint>

namespace wasmgate::sdk::dispatch {

void context_create(uint32_t id, uint32_t parent_id);
void context_delete(uint32_t id);
uint32_t vm_start(uint32_t id, uint32_t size);
uint32_t validate_configuration(uint32_t id, uint32_t size);
uint32_t configure(uint32_t id, uint32_t size);
void tick(uint32_t id);
void queue_ready(uint32_t id, uint32_t token);
void foreign_function(uint32_t id, uint32_t function, uint32_t size);
uint32_t new_connection(uint32_t id);
uint32_t downstream_data(uint32_t id, uint32_t size, uint32_t end_of_stream);
uint32_t upstream_data(uint32_t id, uint32_t size, uint32_t end_of_stream);
void downstream_close(uint32_t id, uint32_t type);
void upstream_close(uint32_t id, uint32_t type);
uint32_t request_headers(uint32_t id, uint32_t count, uint32_t end_of_stream);
uint32_t request_metadata(uint32_t id, uint32_t count);
uint32_t request_body(uint32_t id, uint32_t size, uint32_t end_of_stream);
uint32_t request_trailers(uint32_t id, uint32_t count);
uint32_t response_headers(uint32_t id, uint32_t count, uint32_t end_of_stream);
uint32_t response_metadata(uint32_t id, uint32_t count);
uint32_t response_body(uint32_t id, uint32_t size, uint32_t end_of_stream);
uint32_t response_trailers(uint32_t id, uint32_t count);
void http_call_response(uint32_t id, uint32_t token, uint32_t headers, uint32_t size,
                        uint32_t trailers);
void grpc_initial_metadata(uint32_t id, uint32_t token, uint32_t headers);
void grpc_receive(uint32_t id, uint32_t token, uint32_t size);
void grpc_trailing_metadata(uint32_t id, uint32_t token, uint32_t trailers);
void grpc_close(uint32_t id, uint32_t token, uint32_t status);
uint32_t done(uint32_t id);
void log(uint32_t id);

}  // namespace wasmgate::sdk::dispatch
