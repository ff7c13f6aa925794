// What crossing into a plug-in costs, on the real engine with production settings: an empty
// callback, host functions that write and return a string, and the whole life of a header plug-in
// on one stream. Each benchmark subtracts nothing: loop and bookkeeping of the host are in the
// figure; divide by `calls` where a callback makes many.

#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "wasm/engine/engine.h"
#include "wasm/host/plugin.h"
#include "wasm/host/plugin_worker.h"
#include "wasm/host/shared_stores.h"
#include "wasm/host/vm.h"

namespace wasmgate::wasm {
namespace {

using filter::Direction;

class NullMailbox final : public WorkerMailbox {
 public:
  void post(std::function<void()>) override {}
};

class BenchServices final : public HostServices {
 public:
  explicit BenchServices(MetricRegistry& registry) : shard_(registry) {}
  const Clock& clock() override { return clock_; }
  MetricShard& metrics() override { return shard_; }
  uint32_t worker_index() const override { return 0; }
  std::shared_ptr<WorkerMailbox> mailbox() override { return std::make_shared<NullMailbox>(); }
  void defer(std::function<void()> work) override { work(); }
  std::unique_ptr<Handle> start_timer(std::chrono::milliseconds, TimerEvents&) override {
    return std::make_unique<Handle>();
  }
  bool cluster_exists(std::string_view) override { return true; }

 private:
  ManualClock clock_;  // a worker's loop gives the time of the turn as cheaply
  MetricShard shard_;
};

class BenchStream final : public filter::FilterCallbacks {
 public:
  BenchStream() {
    request.add(":method", "GET");
    request.add(":path", "/foo?bar=1");
    request.add(":authority", "example.com");
    request.add(":scheme", "http");
    request.add("user-agent", "bench/1.0");
    request.add("accept", "*/*");
    response.add(":status", "200");
  }
  void continue_stream(Direction) override {}
  bool send_local_reply(filter::LocalReply) override { return true; }
  void reset_stream(std::string_view) override {}
  void fail_stream(bool, filter::LocalReply) override {
    std::fputs("the plug-in failed\n", stderr);
    std::abort();
  }
  void clear_route_cache() override {}
  void refresh_route() override {}
  http::HeaderMap* headers(Direction direction) override {
    return direction == Direction::Request ? &request : &response;
  }
  http::HeaderMap* trailers(Direction) override { return nullptr; }
  bool headers_writable(Direction) const override { return true; }
  bool trailers_writable(Direction) const override { return false; }
  http::HeaderMap* add_trailers(Direction) override { return nullptr; }
  Buffer* body(Direction) override { return nullptr; }
  bool body_writable(Direction) const override { return false; }
  void body_changed(Direction) override {}
  void set_body_limit(Direction, size_t) override {}
  void inject_response_data(std::string_view, bool) override {}
  filter::StreamInfo& info() override { return stream_info; }

  http::HeaderMap request;
  http::HeaderMap response;
  filter::StreamInfo stream_info;
};

/// The allocator starts over at each stream, as a plug-in that frees what it gets would.
constexpr const char* kGuest = R"((module
  (import "env" "proxy_replace_header_map_value" (func $replace (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_get_header_map_value" (func $get (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_get_property" (func $property (param i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_get_buffer_status" (func $empty (param i32 i32 i32) (result i32)))
  (memory (export "memory") 4)
  (data (i32.const 1024) "x-bench") (data (i32.const 1040) "value") (data (i32.const 1056) "user-agent") (data (i32.const 1072) "route_name")
  (global $heap (mut i32) (i32.const 65536))
  (func (export "malloc") (param $n i32) (result i32) (local $p i32)
    (local.set $p (global.get $heap))
    (global.set $heap (i32.add (global.get $heap) (i32.and (i32.add (local.get $n) (i32.const 7)) (i32.const -8))))
    (if (i32.gt_u (global.get $heap) (i32.const 200000)) (then (global.set $heap (i32.const 65536))))
    (local.get $p))
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "proxy_on_context_create") (param i32 i32))
  (func (export "proxy_on_tick") (param i32))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (drop (call $replace (i32.const 0) (i32.const 1024) (i32.const 7) (i32.const 1040) (i32.const 5))) (i32.const 0))
  (func (export "proxy_on_response_headers") (param i32 i32 i32) (result i32) (i32.const 0))
  (func (export "proxy_on_done") (param i32) (result i32) (i32.const 1))
  (func (export "proxy_on_log") (param i32))
  (func (export "proxy_on_delete") (param i32))
  (func $write (param $n i32) (loop (drop (call $replace (i32.const 0) (i32.const 1024) (i32.const 7) (i32.const 1040) (i32.const 5)))
    (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func $read (param $n i32) (loop (drop (call $get (i32.const 0) (i32.const 1056) (i32.const 10) (i32.const 8) (i32.const 12)))
    (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func $route (param $n i32) (loop (drop (call $property (i32.const 1072) (i32.const 10) (i32.const 8) (i32.const 12)))
    (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func $nothing (param $n i32) (loop (drop (call $empty (i32.const 99) (i32.const 8) (i32.const 12)))
    (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "proxy_on_request_body") (param $id i32) (param $n i32) (param $what i32) (result i32)
    (if (i32.eqz (local.get $what)) (then (call $write (local.get $n)))
      (else (if (i32.eq (local.get $what) (i32.const 1)) (then (call $read (local.get $n)))
        (else (if (i32.eq (local.get $what) (i32.const 2)) (then (call $route (local.get $n))) (else (call $nothing (local.get $n))))))))
    (i32.const 0))
))";

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(1);
}

/// One plug-in on one worker, made once.
class Bench : public PluginWorkerEvents {
 public:
  Bench(const std::string& bytes, std::string configuration)
      : engine(shared_engine()), services(registry) {
    PluginSpec spec;
    spec.resource = "bench/plugin";
    spec.configuration = std::move(configuration);
    spec.limits.header_write_bytes = SIZE_MAX;
    spec.limits.call_deadline = std::chrono::milliseconds(10'000);
    spec.limits.request_deadline = std::chrono::milliseconds(1'000'000);
    logger.set_level(LogLevel::Error);
    const ProcessServices process{*engine, stores, registry, logger, random, clock};
    auto made = Plugin::create(engine->compile(bytes).value(), bytes, spec, process);
    if (!made) {
      give_up(made.error().message);
    }
    plugin = *made;
    worker = std::make_unique<PluginWorker>(plugin, services, *this);
    auto vm = plugin->prepare_vm();
    if (!vm) {
      give_up(vm.error().message);
    }
    worker->adopt(std::move(*vm));
  }
  void request_vm(PluginWorker&, std::chrono::milliseconds) override {}

  static Bench& get() {
    static Bench bench(wat_to_wasm(kGuest).value(), "");
    return bench;
  }
  /// One engine per process: it installs signal handlers.
  static Engine* shared_engine() {
    static const std::unique_ptr<Engine> engine =
        make_engine(EngineOptions::for_this_build()).value();
    return engine.get();
  }

  MetricRegistry registry;
  MemoryLogger logger;
  SystemRandom random;
  SharedStores stores;
  ManualClock clock;
  Engine* engine;
  BenchServices services;
  std::shared_ptr<Plugin> plugin;
  std::unique_ptr<PluginWorker> worker;
};

void empty_callback(benchmark::State& state) {
  Vm& vm = *Bench::get().worker->vm();
  for (auto _ : state) {
    Value args[1];
    args[0].u32 = vm.root().id;
    vm.enter(vm.root(), Callback::Tick, args, 1);
    benchmark::DoNotOptimize(args);
  }
}
BENCHMARK(empty_callback);

/// `what` of the guest's loop, 100 calls per entry; the time shown is per call.
void hostcalls(benchmark::State& state, uint32_t what) {
  auto& bench = Bench::get();
  BenchStream stream;
  stream.stream_info.route_name = "default/foo";
  Arena memory;
  auto filter = bench.worker->create_filter(memory);
  filter->on_attach(stream);
  auto& context = dynamic_cast<StreamContext&>(*filter);
  Vm& vm = *bench.worker->vm();
  vm.create(context);
  constexpr uint32_t kCalls = 100;
  const BenchStream fresh;
  for (auto _ : state) {
    Value args[3];
    args[0].u32 = context.id;
    args[1].u32 = kCalls;
    args[2].u32 = what;
    vm.enter(context, Callback::RequestBody, args, 3);
    stream.request.assign(
        fresh.request);  // a stream's header map gives no memory back; a real stream is short
    context.ticks_used = 0;
  }
  state.counters["per_call"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * kCalls,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  filter->on_done();
  filter->on_destroy();
}
BENCHMARK_CAPTURE(hostcalls, write_string, 0);
BENCHMARK_CAPTURE(hostcalls, return_string, 1);
BENCHMARK_CAPTURE(hostcalls, return_route_name, 2);
BENCHMARK_CAPTURE(hostcalls, nothing, 3);

/// Everything a header plug-in costs one stream: create, request headers with one write, response
/// headers, log, done, delete.
void one_life(benchmark::State& state, Bench& bench) {
  BenchStream stream;
  const BenchStream fresh;
  Arena memory;
  uint64_t streams = 0;
  for (auto _ : state) {
    memory.reset();
    auto filter = bench.worker->create_filter(memory);
    filter->on_attach(stream);
    filter->on_headers(Direction::Request, stream.request, true);
    filter->on_headers(Direction::Response, stream.response, true);
    filter->on_log();
    filter->on_done();
    filter->on_destroy();
    filter.reset();
    if (++streams % 16 == 0) {
      stream.request.assign(fresh.request);
    }
  }
}
void header_plugin_life(benchmark::State& state) { one_life(state, Bench::get()); }
BENCHMARK(header_plugin_life);

/// The same for a plug-in made with the Rust SDK: WASMGATE_BENCH_MODULE names
/// bench/plugins/add-header as built by bench/run.py.
void sdk_header_plugin_life(benchmark::State& state) {
  const char* path = std::getenv("WASMGATE_BENCH_MODULE");
  if (path == nullptr) {
    state.SkipWithError("WASMGATE_BENCH_MODULE is not set");
    return;
  }
  std::ifstream file(path, std::ios::binary);
  static Bench bench(std::string(std::istreambuf_iterator<char>(file), {}),
                     R"({"name": "x-bench", "value": "v1"})");
  one_life(state, bench);
}
BENCHMARK(sdk_header_plugin_life);

void instantiate_and_configure(benchmark::State& state) {
  auto& bench = Bench::get();
  for (auto _ : state) {
    auto vm = bench.plugin->prepare_vm();
    benchmark::DoNotOptimize(vm);
  }
}
BENCHMARK(instantiate_and_configure);

}  // namespace
}  // namespace wasmgate::wasm
