#include "proxy/proxy_worker.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "net/tcp_listener.h"
#include "net/tcp_transport.h"
#include "proxy/downstream/server_connection.h"
#include "proxy/live_snapshot.h"
#include "proxy/upstream/cluster_set.h"
#include "proxy/upstream/http_async_client.h"
#include "proxy/worker_context.h"

namespace wasmgate::proxy {

class ProxyWorker::Parts final : public ServerConnectionOwner {
 public:
  explicit Parts(const WorkerServices& services)
      : context_(services),
        clusters_(context_),
        access_log_(services.access_log == nullptr
                        ? nullptr
                        : std::make_unique<AccessLog>(services.loop, *services.access_log,
                                                      config::AccessLogFormat::Text)),
        streams_(context_, access_log_.get()),
        async_client_(context_, clusters_),
        redis_client_(context_, clusters_),
        drain_timer_(services.loop.timers(), [this] { cut_rest(); }) {}

  ~Parts() override {
    done_ = nullptr;
    close_all("shutdown");
    streams_.finalize_ended();
  }

  void set_snapshot(std::shared_ptr<const WorkerSnapshot> snapshot) {
    apply(snapshot->model->gateway);
    clusters_.update(*snapshot->model);
    snapshot_ = SnapshotRef::make(std::move(snapshot), clusters_);
  }

  void listen(net::Socket socket) {
    listeners_.push_back(std::make_unique<net::TcpListener>(
        context_.loop, context_.services.logger, std::move(socket),
        [this](net::Socket accepted, const net::Address& remote) {
          if (take_place(remote)) {
            add(std::make_unique<net::TcpTransport>(context_.loop, std::move(accepted), remote));
          }
        }));
  }

  void accept(std::unique_ptr<net::Transport> transport) {
    if (take_place(transport->remote_address())) {
      add(std::move(transport));
    } else {
      transport->close();
    }
  }

  void start_drain(std::function<void()> done) {
    done_ = std::move(done);
    context_.draining = true;
    for (const auto& listener : listeners_) {
      listener->close();
    }
    for (size_t i = connections_.size(); i > 0; --i) {  // a connection may leave the list at once
      if (i <= connections_.size()) {
        connections_[i - 1]->drain();
      }
    }
    drain_timer_.arm(context_.settings.timeouts.drain);
    tell_when_drained();
  }

  AsyncClient& async_client() { return async_client_; }
  RedisClient& redis_client() { return redis_client_; }
  size_t active_streams() const { return streams_.active(); }
  size_t connections() const { return connections_.size(); }

 private:
  // ServerConnectionOwner
  const SnapshotRef& snapshot() override { return snapshot_; }
  StreamStore& streams() override { return streams_; }
  void log_refusal(const filter::StreamInfo& info, const http::HeaderMap& response) override {
    if (access_log_ != nullptr && context_.settings.access_log.enabled) {
      access_log_->log({info, nullptr, &response});
    }
  }
  void on_closed(ServerConnection& connection) override {
    context_.services.connection_limits.give_back(connection.remote_address());
    context_.metrics.add(context_.ids.connections_active, -1);
    const size_t index = connection.owner_index;
    context_.loop.delete_later(std::move(connections_[index]));
    if (index + 1 != connections_.size()) {
      connections_[index] = std::move(connections_.back());
      connections_[index]->owner_index = index;
    }
    connections_.pop_back();
    tell_when_drained();
  }

  bool take_place(const net::Address& remote) {
    if (context_.services.connection_limits.take(remote)) {
      return true;
    }
    context_.metrics.add(context_.ids.connections_refused);
    return false;
  }

  void add(std::unique_ptr<net::Transport> transport) {
    context_.metrics.add(context_.ids.connections_total);
    context_.metrics.add(context_.ids.connections_active);
    auto connection = std::make_unique<ServerConnection>(context_, *this, std::move(transport));
    connection->owner_index = connections_.size();
    connections_.push_back(std::move(connection));
  }

  void apply(const config::GatewayConfig& settings) {
    context_.settings = settings;
    const config::HttpLimits& limits = settings.limits;
    http::MessageLimits& request = context_.request_limits;
    request.header_bytes = limits.header_bytes;
    request.header_count = limits.header_count;
    request.chunk_extension_bytes = limits.chunk_extension_bytes;
    request.chunk_extension_total_bytes = limits.chunk_extension_total_bytes;
    request.requests_per_connection = limits.requests_per_connection;
    http::MessageLimits& response = context_.response_limits;
    response = request;
    response.header_bytes = limits.upstream_header_bytes;
    response.header_count = limits.upstream_header_count;
    context_.services.connection_limits.set(limits.connections, limits.connections_per_address);
    if (access_log_ != nullptr) {
      access_log_->set_format(settings.access_log.format);
    }
  }

  void cut_rest() {
    context_.metrics.add(context_.ids.connections_cut, static_cast<int64_t>(connections_.size()));
    close_all("drain_timeout");
    tell_when_drained();
  }

  void close_all(std::string_view details) {
    while (!connections_.empty()) {
      connections_.back()->close(details);
    }
  }

  void tell_when_drained() {
    if (done_ && connections_.empty()) {
      drain_timer_.cancel();
      context_.loop.post(std::exchange(done_, nullptr));
    }
  }

  WorkerContext context_;
  ClusterSet clusters_;
  std::unique_ptr<AccessLog> access_log_;
  SnapshotRef snapshot_;
  StreamStore streams_;
  HttpAsyncClient async_client_;
  RedisClient redis_client_;
  std::vector<std::unique_ptr<net::TcpListener>> listeners_;
  std::vector<std::unique_ptr<ServerConnection>> connections_;
  std::function<void()> done_;
  net::Timer drain_timer_;
};

ProxyWorker::ProxyWorker(const WorkerServices& services)
    : parts_(std::make_unique<Parts>(services)) {}
ProxyWorker::~ProxyWorker() = default;
void ProxyWorker::set_snapshot(std::shared_ptr<const WorkerSnapshot> snapshot) {
  parts_->set_snapshot(std::move(snapshot));
}
void ProxyWorker::listen(net::Socket socket) { parts_->listen(std::move(socket)); }
void ProxyWorker::accept(std::unique_ptr<net::Transport> transport) {
  parts_->accept(std::move(transport));
}
AsyncClient& ProxyWorker::async_client() { return parts_->async_client(); }
RedisClient& ProxyWorker::redis_client() { return parts_->redis_client(); }
void ProxyWorker::start_drain(std::function<void()> done) { parts_->start_drain(std::move(done)); }
size_t ProxyWorker::active_streams() const { return parts_->active_streams(); }
size_t ProxyWorker::connections() const { return parts_->connections(); }

}  // namespace wasmgate::proxy
