#pragma once
// One pipelined connection to a Redis server.
//
//   Resolving → Connecting → SigningIn → Ready → Closed
//
// Queries wait in a queue until Ready; then they are written at once, and replies are handed out in
// the order of the queries. A query whose owner has left keeps its place, so that the replies stay
// in step.

#include <deque>
#include <memory>
#include <string>

#include "net/transport.h"
#include "proxy/upstream/cluster_set.h"
#include "proxy/upstream/redis_client.h"
#include "proxy/upstream/resp.h"
#include "proxy/upstream/stream_failure.h"
#include "proxy/worker_context.h"

namespace wasmgate::proxy {

class RedisConnection;

/// A query in progress. Destroying it leaves its place in the pipeline empty.
class RedisCall final : public AsyncCall {
 public:
  RedisCall(WorkerContext& context, RedisConnection& connection, RedisClient::Handler handler);
  ~RedisCall() override;

  void start(std::chrono::milliseconds timeout) { timer_.arm(timeout); }
  /// Hands the result on in the next turn.
  void finish(Result<std::string> result);

 private:
  void on_timeout();
  void deliver();

  WorkerContext& context_;
  RedisConnection* connection_;  // null once it has its result
  RedisClient::Handler handler_;
  Result<std::string> result_;
  net::Timer timer_;
  net::MethodHook<RedisCall, &RedisCall::deliver> deliver_{*this};
};

class RedisConnection final : public net::Deletable, private net::TransportEvents {
 public:
  /// Starts at once. All references outlive it.
  RedisConnection(WorkerContext& context, RedisClient& owner, Cluster& cluster,
                  const RedisQuery& query);
  ~RedisConnection() override;

  /// True when a query to this target may use it.
  bool serves(const Cluster& cluster, const RedisQuery& query) const;
  /// False when too much waits already.
  bool has_room(size_t bytes) const;
  std::unique_ptr<AsyncCall> send(RedisQuery query, RedisClient::Handler handler);

  // RedisCall's business.
  void forget(const RedisCall& call);
  void on_call_timeout(RedisCall& call);

 private:
  enum class State : uint8_t { Resolving, Connecting, SigningIn, Ready, Closed };

  struct Query {
    RedisCall* call;    // null: nobody waits for the reply
    std::string bytes;  // until it is sent
    size_t reply_limit_bytes;
    MonotonicTime sent{};
  };

  // net::TransportEvents
  void on_connected() override;
  size_t on_data(std::string_view bytes) override;
  void on_end_of_input() override { close(UpstreamFailure::Reset); }
  void on_output_progress(size_t, size_t) override {}
  void on_closed(net::CloseReason reason) override;

  class ResolveWaiter final : public ClusterWaiter {
   public:
    explicit ResolveWaiter(RedisConnection& owner) : owner_(owner) {}
    void on_turn() override { owner_.connect(); }

   private:
    RedisConnection& owner_;
  };

  void connect();
  void sign_in();
  bool take_reply(std::string reply);
  bool take_sign_in_reply(const std::string& reply);
  void become_ready();
  void write(Query& query);
  void pop_query();
  void watch_idle();
  void close(UpstreamFailure reason);

  WorkerContext& context_;
  RedisClient& owner_;
  ClusterRef cluster_;
  std::string user_;
  std::string password_;
  uint32_t database_;
  State state_ = State::Resolving;
  Host* host_ = nullptr;
  std::unique_ptr<net::Transport> transport_;
  RespReader reader_;
  size_t sign_in_replies_ = 0;  // awaited
  std::deque<Query> queries_;   // when Ready all are sent, else none
  size_t waiting_bytes_ = 0;
  MonotonicTime last_input_{};
  net::Timer idle_timer_;
  net::MethodHook<RedisConnection, &RedisConnection::connect> start_hook_{*this};
  ResolveWaiter resolve_waiter_{*this};
};

}  // namespace wasmgate::proxy
