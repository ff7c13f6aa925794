#pragma once
// The door between nghttp2 and Http2Connection: a session whose callbacks call the connection's
// methods.

#include <nghttp2/nghttp2.h>

#include "http/http2/http2_limits.h"

namespace wasmgate::http {

class Http2Connection;

/// Makes a session that reports to `connection`. The caller deletes it.
nghttp2_session* make_http2_session(bool is_server, const Http2Limits& limits,
                                    Http2Connection* connection);

}  // namespace wasmgate::http
