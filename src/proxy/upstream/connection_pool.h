#pragma once
// The connections to one endpoint on one worker. The one that was used last is used next (LIFO), so
// that few sockets stay warm and the rest idle out. Requests that find none wait in a queue, first
// come first served; connections and waiting requests are bounded per cluster. No connection is
// checked before use: a closed one tells by its event.

#include <memory>
#include <vector>

#include "proxy/upstream/client_connection.h"

namespace wasmgate::proxy {

/// What all endpoints of a cluster share.
struct ClusterLimits {
  size_t max_connections = 1024;
  size_t max_pending = 1024;
  size_t connections = 0;
  size_t pending = 0;
};

/// A request that waits for a connection. Destroying it takes it off the queue.
class PoolWaiter {
 public:
  PoolWaiter() = default;
  PoolWaiter(const PoolWaiter&) = delete;
  PoolWaiter& operator=(const PoolWaiter&) = delete;
  virtual ~PoolWaiter() { leave_queue(); }

  virtual void on_connection(ClientConnection& connection) = 0;
  virtual void on_connection_failed(UpstreamFailure failure) = 0;

  void leave_queue();
  bool waiting() const { return pool_ != nullptr; }

 private:
  friend class ConnectionPool;
  class ConnectionPool* pool_ = nullptr;
  PoolWaiter* previous_ = nullptr;
  PoolWaiter* next_ = nullptr;
};

class ConnectionPool final : private ClientConnectionOwner {
 public:
  enum class Outcome : uint8_t { Ready, Waiting, Overflow };

  struct Acquired {
    Outcome outcome;
    ClientConnection* connection = nullptr;  // when Ready
  };

  /// `context` and `limits` outlive the pool.
  ConnectionPool(WorkerContext& context, ClusterLimits& limits, const net::Address& address,
                 bool http2);
  /// Nobody waits any more; connections are closed, their requests told.
  ~ConnectionPool() override;

  /// A connection at once, or later by waiter.on_connection / on_connection_failed, or never.
  Acquired acquire(PoolWaiter& waiter);

  /// Takes no more requests; connections close as they become idle.
  void drain();
  bool empty() const { return connections_.empty() && head_ == nullptr; }
  size_t connections() const { return connections_.size(); }
  size_t idle() const { return available_.size(); }

 private:
  friend class PoolWaiter;

  void on_connected(ClientConnection& connection) override;
  void on_available(ClientConnection& connection) override;
  void on_closed(ClientConnection& connection, bool was_connected, UpstreamFailure reason) override;

  void connect();
  void serve(ClientConnection& connection);
  void fail_waiters(size_t count, UpstreamFailure reason);
  void enqueue(PoolWaiter& waiter);
  void dequeue(PoolWaiter& waiter);

  WorkerContext& context_;
  ClusterLimits& limits_;
  net::Address address_;
  bool http2_;
  bool draining_ = false;
  bool closing_ = false;
  std::vector<std::unique_ptr<ClientConnection>> connections_;
  std::vector<ClientConnection*> available_;  // last used at the back
  size_t connecting_ = 0;
  size_t waiting_ = 0;
  PoolWaiter* head_ = nullptr;
  PoolWaiter* tail_ = nullptr;
};

}  // namespace wasmgate::proxy
