#pragma once
// An answer that the gateway or a plug-in makes itself. The only place where an error becomes an
// HTTP response: statuses and the access log's response flags are decided here.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/codec/refusal.h"
#include "http/message/header_map.h"

namespace wasmgate::filter {

struct LocalReply {
  int status = 500;
  std::string details;  // for the access log (response_code_details), never in the body; white
                        // space becomes "_"
  std::string body;
  std::vector<std::pair<std::string, std::string>>
      headers;  // a content-type here replaces the default
  std::optional<uint32_t> grpc_status;
  std::string_view flags;  // response flags of the access log, a literal: "NR", "UH", …
};

/// What failed, as far as a response needs to know (decision 24; Envoy's response flags).
enum class FailureKind : uint8_t {
  NoRoute,             // 404 NR
  NoHealthyEndpoint,   // 503 UH
  ConnectFailed,       // 503 UF
  UpstreamReset,       // 503 UC
  RouteTimeout,        // 504 UT
  UpstreamProtocol,    // 502 UPE
  Overload,            // 503 UO
  PluginFailed,        // 503, empty body, "wasm_fail_stream"
  PluginUnavailable,   // 503 with Retry-After
  PluginPauseLimit,    // 504
  RequestTooLarge,     // 413 "request_payload_too_large"
  ResponseTooLarge,    // 500 "response_payload_too_large"
  BadRequestHead,      // 400: a plug-in left a request that cannot be sent
  BadResponseHead,     // 502: a plug-in left a response that cannot be sent
  RequestHeadTimeout,  // 408
  StreamIdle,          // 408 before the request is complete, else 504
  BadLocalReply,       // 500 "wasm_bad_local_reply"
};

LocalReply reply_for(FailureKind kind);
LocalReply reply_for(const http::Refusal& refusal);

/// Turns `reply` into a response head in `out` (":status", content-type, content-length, given
/// headers) for the request in `request` (may be null). A gRPC request gets 200 with grpc-status
/// instead; the body is then empty. Returns the body.
std::string_view write_local_reply(const LocalReply& reply, const http::HeaderMap* request,
                                   http::HeaderMap& out);

}  // namespace wasmgate::filter
