#pragma once
// One HTTP exchange with a cluster whose two directions run at their own pace, for plug-ins' gRPC
// calls: the request's bytes are sent as they come, the response's parts are told as they arrive.
// Knows nothing of gRPC. Balanced, pooled and limited like proxied requests; never retried once a
// byte could have been sent.

#include <chrono>
#include <string>
#include <string_view>

#include "base/error.h"
#include "http/message/header_map.h"

namespace wasmgate::proxy {

struct AsyncStreamRequest {
  std::string cluster;  // a cluster's name or alias; it must speak HTTP/2
  http::HeaderMap
      headers;  // pseudo-headers first: ":method", ":path", ":authority", perhaps ":scheme"
  std::chrono::milliseconds timeout{0};  // for the whole exchange; 0: none
  size_t waiting_limit_bytes =
      1024 * 1024;  // what the upstream does not take yet; more ends the stream
};

/// Told from the loop, never inside a call of the owner. Any of them may destroy the stream. Either
/// an end_stream (or trailers) or on_stream_failure comes last, once.
class AsyncStreamEvents {
 public:
  virtual ~AsyncStreamEvents() = default;
  virtual void on_stream_head(http::HeaderMap& headers, bool end_stream) = 0;
  /// `data` is alive for the call. An empty piece with `end_stream` ends a response whose length
  /// was not known.
  virtual void on_stream_data(std::string_view data, bool end_stream) = 0;
  virtual void on_stream_trailers(http::HeaderMap& trailers) = 0;
  /// Error.detail as AsyncClient::Handler's, and "too much waits to be sent".
  virtual void on_stream_failure(const Error& error) = 0;
};

/// An exchange in progress. Destroying it resets it.
class AsyncStream {
 public:
  virtual ~AsyncStream() = default;
  /// Sends bytes of the request's body. Nothing is sent after end_stream.
  virtual void send(std::string_view data, bool end_stream) = 0;
};

}  // namespace wasmgate::proxy
