#pragma once
// The rules that need a whole head: what a request or response head means once its last line was
// read (rules 9, 13 to 15, 22, 25 to 30, 36, 42 and 45). The reader has judged each line already.

#include <cstdint>
#include <string>
#include <string_view>

#include "http/codec/limits.h"
#include "http/codec/server_codec.h"
#include "http/http1/body_reader.h"
#include "http/http1/head_reader.h"

namespace wasmgate::http {

struct CompleteHead {
  Refusal refusal;  // when set, the rest means nothing
  BodyKind body = BodyKind::None;
  uint64_t length = 0;      // when the body is Length
  bool keep_alive = false;  // the peer allows another message on this connection
};

/// Completes a request's header map (pseudo-headers, normalised path, fields named by Connection
/// removed) and fills `facts`. `scheme`: of the connection. `scratch`: memory that is reused.
CompleteHead complete_request_head(HeadReader& reader, const MessageLimits& limits,
                                   std::string_view scheme, std::string& scratch,
                                   RequestFacts& facts);

/// Completes a response's header map. `to_head`: the request's method was HEAD. Refusals have
/// status 502.
CompleteHead complete_response_head(HeadReader& reader, bool to_head);

}  // namespace wasmgate::http
