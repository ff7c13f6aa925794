#include "server/worker_host.h"

#include <utility>

#include "server/call_failure.h"

namespace wasmgate::server {
namespace {

// A timer that may be given back inside its own callback: the part that fires is destroyed at the
// end of the turn.
class TimerPart final : public net::Deletable {
 public:
  TimerPart(net::EventLoop& loop, wasm::TimerEvents& events)
      : events_(&events), timer_(loop.timers(), [this] {
          if (events_ != nullptr) {
            events_->on_timer();
          }
        }) {}
  void arm(std::chrono::milliseconds after) { timer_.arm(after); }
  void cancel() {
    events_ = nullptr;
    timer_.cancel();
  }

 private:
  wasm::TimerEvents* events_;
  net::Timer timer_;
};

class TimerHandle final : public wasm::Handle {
 public:
  TimerHandle(net::EventLoop& loop, std::unique_ptr<TimerPart> part)
      : loop_(loop), part_(std::move(part)) {}
  ~TimerHandle() override {
    part_->cancel();
    loop_.delete_later(std::move(part_));
  }

 private:
  net::EventLoop& loop_;
  std::unique_ptr<TimerPart> part_;
};

class CallHandle final : public wasm::Handle {
 public:
  explicit CallHandle(wasm::HttpCallEvents& events) : events_(events) {}

  void on_result(Result<proxy::AsyncResponse> result) {
    // The events may destroy this handle.
    if (!result) {
      events_.on_http_failure(failure_of(result.error()));
      return;
    }
    http::HeaderMap* trailers = result->trailers.empty() ? nullptr : &result->trailers;
    events_.on_http_response(result->headers, result->body, trailers);
  }
  void set_call(std::unique_ptr<proxy::AsyncCall> call) { call_ = std::move(call); }

 private:
  wasm::HttpCallEvents& events_;
  std::unique_ptr<proxy::AsyncCall> call_;
};

}  // namespace

WorkerHost::WorkerHost(uint32_t index, net::EventLoop& loop, MetricShard& metrics,
                       proxy::AsyncClient& calls, proxy::RedisClient& redis)
    : index_(index),
      loop_(loop),
      metrics_(metrics),
      calls_(calls),
      redis_(redis),
      mailbox_(std::make_shared<LoopMailbox>(loop)) {}

std::unique_ptr<wasm::Handle> WorkerHost::start_timer(std::chrono::milliseconds after,
                                                      wasm::TimerEvents& events) {
  auto part = std::make_unique<TimerPart>(loop_, events);
  part->arm(after);
  return std::make_unique<TimerHandle>(loop_, std::move(part));
}

wasm::CallStart WorkerHost::http_call(const wasm::HttpCall& call, wasm::HttpCallEvents& events,
                                      std::unique_ptr<wasm::Handle>& out) {
  proxy::AsyncRequest request;
  request.cluster = call.cluster;
  request.headers.assign(*call.headers);
  request.body = call.body;
  if (call.trailers != nullptr) {
    request.trailers.assign(*call.trailers);
  }
  request.timeout = call.timeout;
  request.response_limit_bytes = call.response_limit_bytes;
  auto handle = std::make_unique<CallHandle>(events);
  CallHandle* raw = handle.get();
  auto started = calls_.send(std::move(request), [raw](Result<proxy::AsyncResponse> result) {
    raw->on_result(std::move(result));
  });
  if (!started) {
    return started.error().code == ErrorCode::NotFound ? wasm::CallStart::UnknownCluster
                                                       : wasm::CallStart::NotStarted;
  }
  raw->set_call(std::move(*started));
  out = std::move(handle);
  return wasm::CallStart::Started;
}

std::vector<std::pair<std::string, std::vector<std::pair<std::string, std::string>>>>
WorkerHost::endpoints(std::string_view cluster) {
  std::vector<std::pair<std::string, std::vector<std::pair<std::string, std::string>>>> out;
  for (auto& [address, fit] : calls_.endpoints(cluster)) {
    out.push_back(
        {std::move(address), {{"health", fit ? "healthy" : "unhealthy"}, {"weight", "1"}}});
  }
  return out;
}

}  // namespace wasmgate::server
