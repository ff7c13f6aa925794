#pragma once
// The client side of HTTP/1.0 and HTTP/1.1 behind the ClientCodec port: requests out, responses in.
// One request at a time; every byte that does not belong to the response of a request in progress
// is a refusal (rule 45), never the next response.

#include <memory>

#include "http/codec/client_codec.h"
#include "http/codec/limits.h"

namespace wasmgate::http {

/// Makes the codec of one upstream connection. Stream ids count 1, 2, 3, …
/// `limits`: of responses (default_response_limits()). Lifetime: `events` outlives the codec.
/// Thread: the owner's. The codec may be told anything from inside an event, but must not be
/// destroyed there.
std::unique_ptr<ClientCodec> make_http1_client_codec(ClientCodecEvents& events,
                                                     const MessageLimits& limits);

}  // namespace wasmgate::http
