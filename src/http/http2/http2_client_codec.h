#pragma once
// The client side of HTTP/2 behind the ClientCodec port: clear text with prior knowledge, or under
// TLS after ALPN. Many streams at once; no server push.

#include <memory>

#include "base/clock.h"
#include "http/codec/client_codec.h"
#include "http/codec/limits.h"
#include "http/http2/http2_limits.h"

namespace wasmgate::http {

/// Makes the codec of one upstream connection. Stream ids are those of HTTP/2.
/// `limits`: of responses. Lifetime: `events` and `clock` outlive the codec. Thread: the owner's.
/// The preface and settings leave with the first write or flush(). feed() takes all bytes and
/// flushes; after resume() call flush(). It must not be destroyed inside an event.
std::unique_ptr<ClientCodec> make_http2_client_codec(ClientCodecEvents& events,
                                                     const MessageLimits& limits,
                                                     const Http2Limits& http2_limits,
                                                     const Clock& clock);

}  // namespace wasmgate::http
