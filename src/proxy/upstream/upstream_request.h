#pragma once
// Sends one request to a cluster and brings back one response: chooses an endpoint, waits for a
// connection, sends again where that is safe, and watches the time. Used for proxied requests
// (router_filter) and for plug-ins' calls (async_client).
//
//   Idle → Resolving → WaitingConnection → Sent → (head) → Ended
//             │               │   ▲          │
//             └───── fail ────┴───┴── retry ─┘
//
// Sent again, once: when no connection could be made (any method), or when the connection broke
// before a response's head and the method is idempotent and no byte of a body had been sent. The
// cluster's retry budget bounds it.

#include <chrono>

#include "base/buffer.h"
#include "proxy/upstream/cluster.h"

namespace wasmgate::proxy {

class UpstreamRequestEvents {
 public:
  virtual ~UpstreamRequestEvents() = default;
  /// The request's head is about to leave to `host`.
  virtual void on_upstream_sending(const Host& host, const ClientConnection& connection) = 0;
  virtual void on_upstream_head(http::HeaderMap&& headers, bool end_stream) = 0;
  /// `end_stream` comes with the last piece when the length was announced, else with an empty
  /// piece.
  virtual void on_upstream_data(std::string_view data, bool end_stream) = 0;
  virtual void on_upstream_trailers(http::HeaderMap&& trailers) = 0;
  /// Final. Before or after the head. May come from inside start().
  virtual void on_upstream_failure(UpstreamFailure failure) = 0;
  /// The request's bytes cannot leave as fast as they come (true), or can again (false).
  virtual void on_upstream_blocked(bool blocked) = 0;
};

struct UpstreamOptions {
  Duration timeout{};  // from the end of the request to the end of the response; zero: none
  bool whole_call_timeout = false;  // count from start() instead
  bool retry_after_reset = true;
  std::string_view wanted_host{};  // "ip:port" that goes before balancing; alive for the request
};

class UpstreamRequest final : private PoolWaiter, private ClientStreamEvents {
 public:
  /// Both outlive it. It may be used again after the response's end, a failure or cancel().
  UpstreamRequest(WorkerContext& context, UpstreamRequestEvents& events);
  ~UpstreamRequest() override { drop(); }

  /// `head` stays alive and unchanged until the end. `cluster` outlives the request.
  void start(Cluster& cluster, const http::HeaderMap& head, bool end_stream,
             const UpstreamOptions& options);
  /// Takes the bytes.
  void send_data(Buffer& data, bool end_stream);
  /// `trailers` stays alive until the end.
  void send_trailers(const http::HeaderMap& trailers);

  /// Abandons it: nothing more is told. Idempotent.
  void cancel();

  void pause_response();
  void resume_response();

  bool active() const { return state_ != State::Idle; }
  uint32_t attempts() const { return attempts_; }

 private:
  enum class State : uint8_t { Idle, Resolving, Waiting, Sent };

  class ResolveWaiter final : public ClusterWaiter {
   public:
    explicit ResolveWaiter(UpstreamRequest& owner) : owner_(owner) {}
    void on_turn() override { owner_.choose_host(); }

   private:
    UpstreamRequest& owner_;
  };

  // PoolWaiter
  void on_connection(ClientConnection& connection) override { send(connection); }
  void on_connection_failed(UpstreamFailure failure) override;

  // ClientStreamEvents
  void on_response_head(http::HeaderMap&& headers, bool end_stream) override;
  void on_response_data(std::string_view data) override;
  void on_response_trailers(http::HeaderMap&& trailers) override;
  void on_response_end() override;
  void on_failure(UpstreamFailure failure) override;
  void on_send_blocked(bool blocked) override;

  void choose_host();
  void send(ClientConnection& connection);
  void send_waiting_body();
  void request_complete();
  void leave_host();
  bool retry(UpstreamFailure failure);
  bool may_retry(UpstreamFailure failure) const;
  void fail(UpstreamFailure failure);
  void on_timeout();
  void drop();
  void finish();
  void set_blocked(bool blocked);

  WorkerContext& context_;
  UpstreamRequestEvents& events_;
  net::Timer timer_;
  ResolveWaiter resolve_waiter_{*this};

  State state_ = State::Idle;
  Cluster* cluster_ = nullptr;
  Host* host_ = nullptr;
  Host* avoid_ = nullptr;
  ClientConnection* connection_ = nullptr;
  http::StreamId stream_ = 0;
  const http::HeaderMap* head_ = nullptr;
  const http::HeaderMap* trailers_ = nullptr;
  UpstreamOptions options_;
  Buffer waiting_body_;
  uint64_t response_left_ = 0;  // of the announced length; UINT64_MAX: not announced
  uint32_t attempts_ = 0;
  bool request_done_ = false;  // everything of it is known
  bool body_sent_ = false;
  bool head_received_ = false;
  bool end_told_ = false;  // the owner knows the response's end, the connection does not yet
  bool blocked_ = false;
  bool in_retry_budget_ = false;
};

}  // namespace wasmgate::proxy
