#pragma once
// The server side of HTTP/1.0 and HTTP/1.1 behind the ServerCodec port: requests in, responses out.
// One request at a time: after a complete request feed() consumes nothing more until its response
// is complete, so pipelined requests wait in the caller's buffer. It refuses instead of repairing:
// docs/http-rules.md is the list.

#include <memory>
#include <string_view>

#include "http/codec/limits.h"
#include "http/codec/server_codec.h"

namespace wasmgate::http {

/// Makes the codec of one client connection. Stream ids count 1, 2, 3, …
/// `limits`: of requests. `scheme`: "http" or "https", the connection's; it becomes ":scheme"
/// whatever the client says. Lifetime: `events` outlives the codec. Thread: the owner's. The codec
/// may be told anything from inside an event, but must not be destroyed there.
std::unique_ptr<ServerCodec> make_http1_server_codec(ServerCodecEvents& events,
                                                     const MessageLimits& limits,
                                                     std::string_view scheme = "http");

}  // namespace wasmgate::http
