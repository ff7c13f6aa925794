#pragma once
// HTTP calls that plug-ins (and nobody else) make to a cluster by name: one request, one whole
// answer or the reason why there is none. Balanced, pooled and limited like proxied requests; never
// retried except when no byte could be sent.

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "http/message/header_map.h"
#include "net/event_loop.h"
#include "proxy/upstream/async_stream.h"

namespace wasmgate::proxy {

struct AsyncRequest {
  std::string cluster;  // a cluster's name or alias
  http::HeaderMap
      headers;  // pseudo-headers first: ":method", ":path", ":authority", perhaps ":scheme"
  std::string body;
  http::HeaderMap trailers;                   // sent when not empty and the protocol can carry them
  std::chrono::milliseconds timeout{5'000};   // for the whole call; 0: none
  size_t response_limit_bytes = 1024 * 1024;  // of the body
};

struct AsyncResponse {
  http::HeaderMap headers;  // ":status" first
  std::string body;
  http::HeaderMap trailers;
};

/// One call in progress. Destroying it cancels: the handler is not called then. May be destroyed
/// inside the handler.
class AsyncCall : public net::Deletable {};

class AsyncClient {
 public:
  /// The answer, or Error.detail: "timeout", "connection refused", "connect timeout", "no healthy
  /// host", "tls handshake failed", "name resolution failed", "reset", "response too large",
  /// "overload", "protocol error".
  using Handler = std::function<void(Result<AsyncResponse>)>;

  virtual ~AsyncClient() = default;

  /// True when `cluster` is a cluster's name or alias in the newest snapshot.
  virtual bool has_cluster(std::string_view cluster) const = 0;

  /// Starts a call. `handler` is called once, never before this has returned. Errors (nothing was
  /// started): NotFound when there is no such cluster; InvalidArgument when the head cannot be sent
  /// (":method", ":path" or ":authority" missing or not valid). Lifetime: the call ends early when
  /// the returned handle is destroyed; the client outlives all handles.
  virtual Result<std::unique_ptr<AsyncCall>> send(AsyncRequest request, Handler handler) = 0;

  /// Starts an exchange whose request is sent piece by piece. Errors as send(), and Unsupported
  /// when the cluster does not speak HTTP/2. Lifetime: the events and the client outlive the
  /// returned stream.
  virtual Result<std::unique_ptr<AsyncStream>> open(AsyncStreamRequest request,
                                                    AsyncStreamEvents& events) = 0;

  /// "ip:port" of every endpoint of a cluster that is known now, with whether it is fit (not put
  /// aside after failures).
  virtual std::vector<std::pair<std::string, bool>> endpoints(std::string_view cluster) const = 0;
};

}  // namespace wasmgate::proxy
