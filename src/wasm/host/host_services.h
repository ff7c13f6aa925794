#pragma once
// What a worker gives to the plug-ins that run on it: time, timers, calls to clusters, a way to
// reach other threads. The server implements it once per worker; tests implement it by hand. Every
// method is called on the worker's own thread unless it says otherwise. A service that a build does
// not have yet keeps the default here, which refuses.
//
// Calls out: the service gives a handle; destroying the handle cancels, and no event follows.
// Events never arrive inside the call that starts them, and never while guest code is on the stack
// of the same worker (they come from the event loop).

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/buffer.h"
#include "base/clock.h"
#include "http/message/header_map.h"
#include "observe/metrics.h"

namespace wasmgate::wasm {

/// Something in progress. Destroying it cancels it.
class Handle {
 public:
  virtual ~Handle() = default;
};

class TimerEvents {
 public:
  virtual ~TimerEvents() = default;
  /// The time is over. The timer is one-shot; its handle may be destroyed in here.
  virtual void on_timer() = 0;
};

/// Why a call gave no answer of its own.
enum class CallFailure : uint8_t {
  ConnectionRefused,
  ConnectTimeout,
  NoHealthyHost,
  TlsHandshake,
  NameResolution,
  Timeout,  // of the whole call
  Reset,    // the connection broke before the answer was complete
  ResponseTooLarge,
  Protocol,  // bytes that are no answer
};

/// "connection refused", "timeout", "no healthy host", "tls handshake failed", "name resolution
/// failed", "reset", "response too large", "protocol error".
std::string_view to_string(CallFailure failure);

enum class CallStart : uint8_t { Started, UnknownCluster, NotStarted };

struct HttpCall {
  std::string_view cluster;
  const http::HeaderMap* headers =
      nullptr;  // with :method, :path, :authority; content-length set when there is a body
  std::string_view body;
  const http::HeaderMap* trailers = nullptr;  // null: none
  std::chrono::milliseconds timeout{0};       // of the whole call; never 0 when it arrives here
  size_t response_limit_bytes = 0;            // of the response's body
};

class HttpCallEvents {
 public:
  virtual ~HttpCallEvents() = default;
  virtual void on_http_response(http::HeaderMap& headers, std::string_view body,
                                http::HeaderMap* trailers) = 0;
  virtual void on_http_failure(CallFailure failure) = 0;
};

struct GrpcCall {
  std::string_view cluster;
  std::string_view service;  // "package.Service"
  std::string_view method;
  const http::HeaderMap* initial_metadata = nullptr;
  std::chrono::milliseconds timeout{0};  // 0: none (streams)
  size_t message_limit_bytes = 0;
};

class GrpcEvents {
 public:
  virtual ~GrpcEvents() = default;
  virtual void on_initial_metadata(http::HeaderMap& metadata) = 0;
  virtual void on_message(std::string_view message) = 0;
  virtual void on_trailing_metadata(http::HeaderMap& metadata) = 0;
  /// The end, exactly once; nothing follows. `status`: 0 … 16.
  virtual void on_close(uint32_t status, std::string_view message) = 0;
};

/// A gRPC stream in progress (a unary call is one message and end). Destroying resets it.
class GrpcStream : public Handle {
 public:
  virtual void send(std::string_view message, bool end_stream) = 0;
  /// Half-closes our side.
  virtual void close() = 0;
};

struct RedisTarget {
  std::string service;  // cluster name
  std::string user;
  std::string password;
  uint32_t database = 0;
  std::chrono::milliseconds timeout{0};  // of a query; never 0 when it arrives here
  size_t reply_limit_bytes = 1024 * 1024;
};

class RedisEvents {
 public:
  virtual ~RedisEvents() = default;
  /// `reply`: one RESP value as it came.
  virtual void on_redis_reply(std::string_view reply) = 0;
  virtual void on_redis_failure(CallFailure failure) = 0;
};

/// The door to a worker (or the main thread) from any other thread.
class WorkerMailbox {
 public:
  virtual ~WorkerMailbox() = default;
  /// Runs `work` on that thread in one of its next turns; drops it when the thread has ended.
  /// Thread: any.
  virtual void post(std::function<void()> work) = 0;
};

class HostServices {
 public:
  virtual ~HostServices() = default;

  virtual const Clock& clock() = 0;
  /// This worker's metric cells.
  virtual MetricShard& metrics() = 0;
  /// 0 for the first worker.
  virtual uint32_t worker_index() const = 0;
  /// This worker's mailbox; may outlive the worker.
  virtual std::shared_ptr<WorkerMailbox> mailbox() = 0;
  /// Runs `work` on this worker after the current event has been dealt with (deferred destruction).
  virtual void defer(std::function<void()> work) = 0;

  virtual std::unique_ptr<Handle> start_timer(std::chrono::milliseconds after,
                                              TimerEvents& events) = 0;

  virtual bool cluster_exists(std::string_view cluster) = 0;

  /// Starts a call. `out` is set when Started. Strings and maps are copied before it returns.
  virtual CallStart http_call(const HttpCall&, HttpCallEvents&, std::unique_ptr<Handle>&) {
    return CallStart::NotStarted;
  }
  virtual CallStart grpc_stream(const GrpcCall&, GrpcEvents&, std::unique_ptr<GrpcStream>&) {
    return CallStart::NotStarted;
  }
  /// Sends one raw RESP query; connections are the service's.
  virtual CallStart redis_call(const RedisTarget&, std::string_view, RedisEvents&,
                               std::unique_ptr<Handle>&) {
    return CallStart::NotStarted;
  }
  /// Addresses ("10.0.0.1:80") of a cluster's endpoints, each with name and value of what is known
  /// about it ("health", "weight").
  virtual std::vector<std::pair<std::string, std::vector<std::pair<std::string, std::string>>>>
  endpoints(std::string_view) {
    return {};
  }
};

}  // namespace wasmgate::wasm
