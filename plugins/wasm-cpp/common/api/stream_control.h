// Resuming, closing and answering a stream, and single HTTP calls.
#pragma once

#include <string_view>

#include "api/wasm_data.h"
#include "proxy_wasm_externs.h"

inline WasmResult continueRequest() { return proxy_continue_stream(WasmStreamType::Request); }
inline WasmResult continueResponse() { return proxy_continue_stream(WasmStreamType::Response); }
inline WasmResult continueDownstream() { return proxy_continue_stream(WasmStreamType::Downstream); }
inline WasmResult continueUpstream() { return proxy_continue_stream(WasmStreamType::Upstream); }
inline WasmResult closeRequest() { return proxy_close_stream(WasmStreamType::Request); }
inline WasmResult closeResponse() { return proxy_close_stream(WasmStreamType::Response); }
inline WasmResult closeDownstream() { return proxy_close_stream(WasmStreamType::Downstream); }
inline WasmResult closeUpstream() { return proxy_close_stream(WasmStreamType::Upstream); }

/// Drops the stream's route, so that it is chosen again.
inline WasmResult clearRouteCache() { return proxy_clear_route_cache(); }

/// Answers the request here. Return a Stop status from the callback afterwards.
/// `details` goes to the access log, `body` to the client.
inline WasmResult sendLocalResponse(uint32_t code, std::string_view details, std::string_view body,
                                    const HeaderStringPairs& headers,
                                    GrpcStatus grpc_status = GrpcStatus::InvalidCode) {
  const std::string bytes = serializePairs(headers);
  return proxy_send_local_response(code, details.data(), details.size(), body.data(), body.size(),
                                   bytes.data(), bytes.size(), grpc_status);
}

/// Starts an HTTP call to cluster `upstream`. `headers` need `:method`, `:path`, `:authority`.
/// The answer arrives at the root context's `onHttpCallResponse` with `token`.
inline WasmResult makeHttpCall(std::string_view upstream, const HeaderStringPairs& headers,
                               std::string_view body, const HeaderStringPairs& trailers,
                               uint32_t timeout_milliseconds, uint32_t* token) {
  const std::string head = serializePairs(headers);
  const std::string tail = serializePairs(trailers);
  return proxy_http_call(upstream.data(), upstream.size(), head.data(), head.size(), body.data(),
                         body.size(), tail.data(), tail.size(), timeout_milliseconds, token);
}

/// Calls a function the host offers by name. `results`: what it returned, when not null.
inline WasmResult callForeignFunction(std::string_view name, std::string_view arguments,
                                      WasmDataPtr* results = nullptr) {
  char* data = nullptr;
  size_t size = 0;
  const WasmResult result = proxy_call_foreign_function(name.data(), name.size(), arguments.data(),
                                                        arguments.size(), &data, &size);
  WasmDataPtr owned = std::make_unique<WasmData>(data, size);
  if (results != nullptr) {
    *results = std::move(owned);
  }
  return result;
}
