#pragma once
// A worker, a stream and a plug-in for tests of the host: manual time, timers and calls fired by
// hand, a stream that records what is asked of it. No chain: what the filter port promises is kept
// by hand.

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "wasm/engine/engine_test_support.h"
#include "wasm/host/guest_builder_test_support.h"
#include "wasm/host/plugin.h"
#include "wasm/host/plugin_worker.h"
#include "wasm/host/shared_stores.h"
#include "wasm/host/vm.h"
#include "wasm/wasm_filter.h"

namespace wasmgate::wasm::testing {

using filter::Direction;

class CountingRandom final : public RandomSource {
 public:
  void fill(std::span<uint8_t> out) override {
    for (auto& byte : out) {
      byte = next_++;
    }
  }

 private:
  uint8_t next_ = 0;
};

class FakeMailbox final : public WorkerMailbox {
 public:
  void post(std::function<void()> work) override { posted.push_back(std::move(work)); }
  std::deque<std::function<void()>> posted;
};

class FakeServices final : public HostServices {
 public:
  struct Timer {
    MonotonicTime due;
    TimerEvents* events;
    uint64_t id;
  };
  struct Call {
    std::string cluster;
    std::string body;
    http::HeaderMap headers;
    std::vector<std::pair<std::string, std::string>> trailers;
    std::chrono::milliseconds timeout{0};
    HttpCallEvents* events = nullptr;
    bool cancelled = false;
  };
  struct Grpc {
    std::string service;
    GrpcEvents* events = nullptr;
    std::vector<std::string> actions;
  };
  struct Redis {
    RedisTarget target;
    std::string query;
    RedisEvents* events = nullptr;
  };

  FakeServices(ManualClock& clock, MetricRegistry& registry) : clock_(clock), shard_(registry) {}

  const Clock& clock() override { return clock_; }
  MetricShard& metrics() override { return shard_; }
  uint32_t worker_index() const override { return index; }
  std::shared_ptr<WorkerMailbox> mailbox() override { return mailbox_; }
  void defer(std::function<void()> work) override { deferred_.push_back(std::move(work)); }

  std::unique_ptr<Handle> start_timer(std::chrono::milliseconds after,
                                      TimerEvents& events) override {
    timers.push_back({clock_.now() + after, &events, ++next_timer_});
    return std::make_unique<TimerHandle>(*this, next_timer_);
  }
  bool cluster_exists(std::string_view cluster) override {
    return std::find(clusters.begin(), clusters.end(), cluster) != clusters.end();
  }
  CallStart http_call(const HttpCall& call, HttpCallEvents& events,
                      std::unique_ptr<Handle>& out) override {
    if (start != CallStart::Started) {
      return start;
    }
    auto made = std::make_shared<Call>();
    made->cluster = call.cluster;
    made->body = call.body;
    made->headers.assign(*call.headers);
    if (call.trailers != nullptr) {
      for (const auto& field : call.trailers->fields()) {
        made->trailers.emplace_back(field.name, field.value);
      }
    }
    made->timeout = call.timeout;
    made->events = &events;
    calls.push_back(made);
    out = std::make_unique<CallHandle>(made);
    return start;
  }
  CallStart grpc_stream(const GrpcCall& call, GrpcEvents& events,
                        std::unique_ptr<GrpcStream>& out) override {
    auto made = std::make_shared<Grpc>();
    made->service = fmt::format("{}/{}@{}", call.service, call.method, call.cluster);
    made->events = &events;
    grpcs.push_back(made);
    out = std::make_unique<GrpcHandle>(made);
    return CallStart::Started;
  }
  CallStart redis_call(const RedisTarget& target, std::string_view query, RedisEvents& events,
                       std::unique_ptr<Handle>&) override {
    redis.push_back({target, std::string(query), &events});
    return CallStart::Started;
  }
  std::vector<std::pair<std::string, std::vector<std::pair<std::string, std::string>>>> endpoints(
      std::string_view) override {
    return {{"10.0.0.1:80", {{"weight", "1"}}}};
  }

  void run_deferred() {
    while (!deferred_.empty()) {
      auto work = std::move(deferred_.front());
      deferred_.pop_front();
      work();
    }
    while (!mailbox_->posted.empty()) {
      auto work = std::move(mailbox_->posted.front());
      mailbox_->posted.pop_front();
      work();
    }
  }

  /// Moves time and fires what is due, in order.
  void advance(std::chrono::milliseconds by) {
    const auto end = clock_.now() + by;
    while (true) {
      const auto first = std::min_element(timers.begin(), timers.end(),
                                          [](auto& a, auto& b) { return a.due < b.due; });
      if (first == timers.end() || first->due > end) {
        break;
      }
      clock_.advance(first->due - clock_.now());
      auto* events = first->events;
      timers.erase(first);
      events->on_timer();
      run_deferred();
    }
    clock_.advance(end - clock_.now());
  }

  uint32_t index = 0;
  CallStart start = CallStart::Started;
  std::vector<std::string> clusters{"known"};
  std::vector<Timer> timers;
  std::vector<std::shared_ptr<Call>> calls;
  std::vector<std::shared_ptr<Grpc>> grpcs;
  std::vector<Redis> redis;

 private:
  class TimerHandle final : public Handle {
   public:
    TimerHandle(FakeServices& services, uint64_t id) : services_(services), id_(id) {}
    ~TimerHandle() override {
      std::erase_if(services_.timers, [this](const Timer& timer) { return timer.id == id_; });
    }

   private:
    FakeServices& services_;
    uint64_t id_;
  };
  class CallHandle final : public Handle {
   public:
    explicit CallHandle(std::shared_ptr<Call> call) : call_(std::move(call)) {}
    ~CallHandle() override { call_->cancelled = true; }

   private:
    std::shared_ptr<Call> call_;
  };
  class GrpcHandle final : public GrpcStream {
   public:
    explicit GrpcHandle(std::shared_ptr<Grpc> grpc) : grpc_(std::move(grpc)) {}
    ~GrpcHandle() override { grpc_->actions.push_back("gone"); }
    void send(std::string_view message, bool end) override {
      grpc_->actions.push_back(fmt::format("send {}{}", message, end ? " end" : ""));
    }
    void close() override { grpc_->actions.push_back("close"); }

   private:
    std::shared_ptr<Grpc> grpc_;
  };

  ManualClock& clock_;
  MetricShard shard_;
  std::shared_ptr<FakeMailbox> mailbox_ = std::make_shared<FakeMailbox>();
  std::deque<std::function<void()>> deferred_;
  uint64_t next_timer_ = 0;
};

/// The stream side of the filter port, as far as a plug-in sees it.
class FakeStream final : public filter::FilterCallbacks {
 public:
  void continue_stream(Direction direction) override {
    actions.push_back(direction == Direction::Request ? "continue request" : "continue response");
  }
  bool send_local_reply(filter::LocalReply reply) override {
    if (response_left) {
      return false;
    }
    std::string line = fmt::format("reply {} [{}] {}", reply.status, reply.details, reply.body);
    for (const auto& [name, value] : reply.headers) {
      line += fmt::format(" {}={}", name, value);
    }
    if (reply.grpc_status) {
      line += fmt::format(" grpc {}", *reply.grpc_status);
    }
    actions.push_back(line);
    return true;
  }
  void reset_stream(std::string_view details) override {
    actions.push_back(fmt::format("reset {}", details));
  }
  void fail_stream(bool open, filter::LocalReply reply) override {
    actions.push_back(open ? std::string("skip")
                           : fmt::format("fail {} [{}]", reply.status, reply.details));
  }
  void clear_route_cache() override { ++route_clears; }
  void refresh_route() override { ++route_refreshes; }
  http::HeaderMap* headers(Direction direction) override {
    auto& map = direction == Direction::Request ? request : response;
    return map.empty() ? nullptr : &map;
  }
  http::HeaderMap* trailers(Direction direction) override {
    auto& map = direction == Direction::Request ? request_trailers : response_trailers;
    return map.empty() && !(direction == Direction::Request && made_trailers) ? nullptr : &map;
  }
  bool headers_writable(Direction direction) const override {
    return direction == Direction::Request ? !request_left : !response_left;
  }
  bool trailers_writable(Direction) const override { return true; }
  http::HeaderMap* add_trailers(Direction direction) override {
    if (!may_add_trailers || direction != Direction::Request) {
      return nullptr;
    }
    made_trailers = true;
    return &request_trailers;
  }
  Buffer* body(Direction direction) override {
    return direction == Direction::Request ? request_body : response_body;
  }
  bool body_writable(Direction) const override { return true; }
  void body_changed(Direction) override { ++body_changes; }
  void set_body_limit(Direction direction, size_t bytes) override {
    actions.push_back(fmt::format("limit {} {}",
                                  direction == Direction::Request ? "request" : "response", bytes));
  }
  void inject_response_data(std::string_view data, bool end) override {
    actions.push_back(fmt::format("inject {}{}", data, end ? " end" : ""));
  }
  filter::StreamInfo& info() override { return stream_info; }

  std::vector<std::string> actions;
  http::HeaderMap request;
  http::HeaderMap response;
  http::HeaderMap request_trailers;
  http::HeaderMap response_trailers;
  Buffer* request_body = nullptr;
  Buffer* response_body = nullptr;
  filter::StreamInfo stream_info;
  bool request_left = false;
  bool response_left = false;
  bool may_add_trailers = false;
  bool made_trailers = false;
  int route_clears = 0;
  int route_refreshes = 0;
  int body_changes = 0;
};

/// One plug-in on one worker.
class TestPlugin final : public PluginWorkerEvents {
 public:
  explicit TestPlugin(const GuestBuilder& guest, PluginSpec spec = {})
      : TestPlugin(guest.wat(), std::move(spec)) {}

  TestPlugin(const std::string& wat, PluginSpec spec)
      : TestPlugin(nullptr, wasm_of(wat), std::move(spec)) {}

  /// The same for a module that is compiled already; null: it is compiled here.
  TestPlugin(std::shared_ptr<const Module> module, std::string bytes, PluginSpec spec)
      : services(clock, registry), bytes_(std::move(bytes)) {
    if (spec.resource.empty()) {
      spec.resource = "ns/test";
      spec.name = "ns.test";
    }
    // The engine's clock is real: only a test of deadlines may depend on it.
    if (spec.limits.call_deadline == PluginLimits().call_deadline) {
      spec.limits.call_deadline = spec.limits.request_deadline = std::chrono::seconds(20);
    }
    logger.set_level(LogLevel::Trace);
    if (module == nullptr) {
      module = test_engine().compile(bytes_).value_or(nullptr);
    }
    auto made = Plugin::create(std::move(module), bytes_, std::move(spec), process);
    if (!made) {
      load_error = made.error().message;
      return;
    }
    plugin = std::move(*made);
    worker = std::make_unique<PluginWorker>(plugin, services, *this);
  }

  ~TestPlugin() override { services.run_deferred(); }

  /// Prepares a VM and gives it to the worker. False: see `failure`.
  bool start() {
    if (plugin == nullptr) {
      return false;
    }
    auto vm = plugin->prepare_vm();
    if (!vm) {
      failure = vm.error();
      return false;
    }
    worker->adopt(std::move(*vm));
    services.run_deferred();
    return true;
  }

  Vm& vm() { return *worker->vm(); }

  /// The statuses that the guest's calls gave so far.
  std::vector<uint32_t> statuses(size_t count) {
    std::vector<uint32_t> out;
    for (size_t i = 0; i < count; ++i) {
      out.push_back(vm().memory()
                        .read_u32(GuestBuilder::kStatuses + static_cast<uint32_t>(4 * i))
                        .value_or(999));
    }
    return out;
  }
  uint32_t status(size_t index) { return statuses(index + 1).back(); }
  /// What an out-slot holds.
  std::string out(uint32_t n) {
    const auto memory = vm().memory();
    return std::string(
        memory.read(*memory.read_u32(slot(n)), *memory.read_u32(slot(n) + 4)).value_or("<bad>"));
  }
  uint32_t u32(uint32_t address) { return *vm().memory().read_u32(address); }
  uint64_t u64(uint32_t address) { return *vm().memory().read_u64(address); }

  ManualClock clock;
  MetricRegistry registry;
  MemoryLogger logger;
  CountingRandom random;
  SharedStores stores;
  ProcessServices process{test_engine(), stores, registry, logger, random, clock};
  FakeServices services;
  std::shared_ptr<Plugin> plugin;
  std::unique_ptr<PluginWorker> worker;
  std::string load_error;
  PluginFailure failure;
  std::vector<std::chrono::milliseconds> vm_requests;

 private:
  void request_vm(PluginWorker& /*worker*/, std::chrono::milliseconds delay) override {
    vm_requests.push_back(delay);
  }

  const std::string bytes_;
};

/// A stream with the plug-in as its only filter. Ends itself.
class TestStream {
 public:
  explicit TestStream(TestPlugin& plugin)
      : plugin_(plugin), filter(plugin.worker->create_filter(memory_)) {
    stream.request.add(":method", "GET");
    stream.request.add(":path", "/a/b?q=1");
    stream.request.add(":authority", "example.com");
    stream.request.add(":scheme", "http");
    if (filter != nullptr) {
      filter->on_attach(stream);
    }
  }
  ~TestStream() { end(); }

  filter::Verdict request_headers(bool end_stream = false) {
    return filter->on_headers(Direction::Request, stream.request, end_stream);
  }
  filter::Verdict response_headers(bool end_stream = false) {
    if (stream.response.empty()) {
      stream.response.add(":status", "200");
    }
    return filter->on_headers(Direction::Response, stream.response, end_stream);
  }
  filter::Verdict request_body(std::string_view bytes, bool end_stream) {
    body_.append(bytes);
    stream.request_body = &body_;
    const auto verdict = filter->on_data(Direction::Request, body_, end_stream);
    return verdict;
  }
  void end() {
    if (filter == nullptr) {
      return;
    }
    filter->on_log();
    filter->on_done();
    filter->on_destroy();
    filter.reset();
    plugin_.services.run_deferred();
  }
  std::string body() const { return std::string(body_.view()); }

 private:
  TestPlugin& plugin_;
  Buffer body_;
  Arena memory_;

 public:
  FakeStream stream;
  filter::FilterPtr filter;
};

}  // namespace wasmgate::wasm::testing
