#pragma once
// The server side of HTTP/2 behind the ServerCodec port, for connections that began with the HTTP/2
// preface (prior knowledge, or ALPN under TLS). Many streams at once. Malformed messages reset
// their stream; messages that break a rule of docs/http-rules.md are refused and may be answered;
// floods and broken frames end the connection.

#include <memory>
#include <string_view>

#include "base/clock.h"
#include "http/codec/limits.h"
#include "http/codec/server_codec.h"
#include "http/http2/http2_limits.h"

namespace wasmgate::http {

/// Makes the codec of one client connection. Stream ids are those of HTTP/2.
/// `scheme`: of the connection; becomes ":scheme". Lifetime: `events` and `clock` outlive the
/// codec. Thread: the owner's. feed() takes all bytes. After feed() and resume() call flush(). It
/// must not be destroyed inside an event.
std::unique_ptr<ServerCodec> make_http2_server_codec(ServerCodecEvents& events,
                                                     const MessageLimits& limits,
                                                     const Http2Limits& http2_limits,
                                                     const Clock& clock,
                                                     std::string_view scheme = "http");

/// What the first bytes of a clear-text connection say.
enum class PrefaceMatch { No, Maybe, Yes };

/// Compares `bytes`, the first of a connection, with the client's preface of 24 bytes (RFC 9113
/// §3.4). Maybe: more are needed.
PrefaceMatch match_http2_preface(std::string_view bytes);

}  // namespace wasmgate::http
