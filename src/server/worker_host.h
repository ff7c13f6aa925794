#pragma once
// What one worker gives to its plug-ins: the wasm room's HostServices on this worker's loop and
// data plane.

#include <memory>
#include <mutex>
#include <string>

#include "net/event_loop.h"
#include "proxy/upstream/async_client.h"
#include "server/worker_grpc.h"
#include "server/worker_redis.h"
#include "wasm/host/host_services.h"

namespace wasmgate::server {

/// A loop's mailbox that may outlive the loop: work posted after close() is dropped.
class LoopMailbox final : public wasm::WorkerMailbox {
 public:
  explicit LoopMailbox(net::EventLoop& loop) : loop_(&loop) {}
  void post(std::function<void()> work) override {
    const std::lock_guard lock(mutex_);
    if (loop_ != nullptr) {
      loop_->post(std::move(work));
    }
  }
  void close() {
    const std::lock_guard lock(mutex_);
    loop_ = nullptr;
  }

 private:
  std::mutex mutex_;
  net::EventLoop* loop_;
};

class WorkerHost final : public wasm::HostServices {
 public:
  /// All arguments outlive this object.
  WorkerHost(uint32_t index, net::EventLoop& loop, MetricShard& metrics, proxy::AsyncClient& calls,
             proxy::RedisClient& redis);
  ~WorkerHost() override { mailbox_->close(); }

  const Clock& clock() override { return loop_.clock(); }
  MetricShard& metrics() override { return metrics_; }
  uint32_t worker_index() const override { return index_; }
  std::shared_ptr<wasm::WorkerMailbox> mailbox() override { return mailbox_; }
  void defer(std::function<void()> work) override { loop_.post(std::move(work)); }
  std::unique_ptr<wasm::Handle> start_timer(std::chrono::milliseconds after,
                                            wasm::TimerEvents& events) override;
  bool cluster_exists(std::string_view cluster) override { return calls_.has_cluster(cluster); }
  wasm::CallStart http_call(const wasm::HttpCall& call, wasm::HttpCallEvents& events,
                            std::unique_ptr<wasm::Handle>& out) override;
  wasm::CallStart grpc_stream(const wasm::GrpcCall& call, wasm::GrpcEvents& events,
                              std::unique_ptr<wasm::GrpcStream>& out) override {
    return start_grpc(calls_, call, events, out);
  }
  wasm::CallStart redis_call(const wasm::RedisTarget& target, std::string_view query,
                             wasm::RedisEvents& events,
                             std::unique_ptr<wasm::Handle>& out) override {
    return start_redis(redis_, target, query, events, out);
  }
  std::vector<std::pair<std::string, std::vector<std::pair<std::string, std::string>>>> endpoints(
      std::string_view cluster) override;

 private:
  uint32_t index_;
  net::EventLoop& loop_;
  MetricShard& metrics_;
  proxy::AsyncClient& calls_;
  proxy::RedisClient& redis_;
  std::shared_ptr<LoopMailbox> mailbox_;
};

}  // namespace wasmgate::server
