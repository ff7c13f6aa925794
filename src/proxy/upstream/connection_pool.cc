#include "proxy/upstream/connection_pool.h"

#include <algorithm>

namespace wasmgate::proxy {

void PoolWaiter::leave_queue() {
  if (pool_ != nullptr) {
    pool_->dequeue(*this);
  }
}

ConnectionPool::ConnectionPool(WorkerContext& context, ClusterLimits& limits,
                               const net::Address& address, bool http2)
    : context_(context), limits_(limits), address_(address), http2_(http2) {}

ConnectionPool::~ConnectionPool() {
  closing_ = true;
  while (head_ != nullptr) {
    fail_waiters(waiting_, UpstreamFailure::NoHealthyHost);
  }
  while (!connections_.empty()) {
    connections_.back()->close(UpstreamFailure::Reset);
  }
}

ConnectionPool::Acquired ConnectionPool::acquire(PoolWaiter& waiter) {
  while (!available_.empty()) {
    ClientConnection* connection = available_.back();
    const bool usable = connection->available();
    if (!usable || !http2_) {  // HTTP/2 goes on to offer its other streams
      available_.pop_back();
      connection->pool_available = false;
    }
    if (usable) {
      return {Outcome::Ready, connection};
    }
  }
  if (limits_.pending >= limits_.max_pending) {
    return {Outcome::Overflow};
  }
  if (http2_ ? connecting_ == 0 : connecting_ <= waiting_) {  // else one on its way will serve it
    if (limits_.connections < limits_.max_connections) {
      connect();
    } else if (connections_.empty()) {
      return {
          Outcome::Overflow};  // other endpoints hold all connections: waiting would have no end
    }
  }
  enqueue(waiter);
  return {Outcome::Waiting};
}

void ConnectionPool::connect() {
  ++connecting_;
  ++limits_.connections;
  ClientConnectionOwner& owner = *this;
  connections_.push_back(std::make_unique<ClientConnection>(context_, owner, address_, http2_));
  connections_.back()->pool_index = connections_.size() - 1;
}

void ConnectionPool::on_connected(ClientConnection& connection) {
  --connecting_;
  serve(connection);
}

void ConnectionPool::on_available(ClientConnection& connection) { serve(connection); }

// Gives the connection to those who wait, as far as it takes requests; then keeps it for the next.
void ConnectionPool::serve(ClientConnection& connection) {
  while (connection.available()) {
    PoolWaiter* waiter = head_;
    if (waiter == nullptr) {
      break;
    }
    dequeue(*waiter);
    waiter->on_connection(connection);
  }
  if (!connection.available()) {
    return;
  }
  if (draining_) {
    connection.drain();
  } else if (!connection.pool_available) {
    connection.pool_available = true;
    available_.push_back(&connection);
  }
}

void ConnectionPool::on_closed(ClientConnection& connection, bool was_connected,
                               UpstreamFailure reason) {
  if (!was_connected) {
    --connecting_;
  }
  --limits_.connections;
  if (connection.pool_available) {
    std::erase(available_, &connection);
  }
  const size_t index = connection.pool_index;
  context_.loop.delete_later(std::move(connections_[index]));
  if (index + 1 != connections_.size()) {
    connections_[index] = std::move(connections_.back());
    connections_[index]->pool_index = index;
  }
  connections_.pop_back();
  if (closing_) {
    return;
  }
  if (!was_connected) {
    context_.metrics.add(context_.ids.upstream_connect_failures);
    fail_waiters(http2_ ? waiting_ : std::min<size_t>(waiting_, 1), reason);
  }
  if (waiting_ > 0 && (http2_ ? connecting_ == 0 : connecting_ < waiting_) &&
      limits_.connections < limits_.max_connections) {
    connect();  // for the one who waited for this connection
  }
}

// The first `count` of those who wait now; a waiter may queue again at once.
void ConnectionPool::fail_waiters(size_t count, UpstreamFailure reason) {
  for (; count > 0 && head_ != nullptr; --count) {
    PoolWaiter* waiter = head_;
    dequeue(*waiter);
    waiter->on_connection_failed(reason);
  }
}

void ConnectionPool::drain() {
  draining_ = true;
  const auto idle = std::move(available_);
  available_.clear();
  for (ClientConnection* connection : idle) {
    connection->pool_available = false;
    connection->drain();
  }
}

void ConnectionPool::enqueue(PoolWaiter& waiter) {
  waiter.pool_ = this;
  waiter.previous_ = tail_;
  waiter.next_ = nullptr;
  (tail_ != nullptr ? tail_->next_ : head_) = &waiter;
  tail_ = &waiter;
  ++waiting_;
  ++limits_.pending;
}

void ConnectionPool::dequeue(PoolWaiter& waiter) {
  (waiter.previous_ != nullptr ? waiter.previous_->next_ : head_) = waiter.next_;
  (waiter.next_ != nullptr ? waiter.next_->previous_ : tail_) = waiter.previous_;
  waiter.pool_ = nullptr;
  waiter.previous_ = waiter.next_ = nullptr;
  --waiting_;
  --limits_.pending;
}

}  // namespace wasmgate::proxy
