#pragma once
// One worker thread: its loop, its data plane, its plug-ins' VMs. A generation comes in two steps,
// so that all workers change together: prepare() makes everything it needs beside what runs,
// activate() switches.

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/log.h"
#include "base/random.h"
#include "net/dns_resolver.h"
#include "net/epoll_loop.h"
#include "net/tcp_transport.h"
#include "proxy/proxy_worker.h"
#include "server/generation.h"
#include "server/vm_preparer.h"
#include "server/worker_host.h"
#include "wasm/host/plugin_worker.h"

namespace wasmgate::server {

/// What all workers share. Everything outlives them.
struct WorkerShared {
  Logger& logger;
  RandomSource& random;
  MetricRegistry& metrics;
  const proxy::ProxyMetrics& proxy_metrics;
  proxy::ConnectionLimits& connection_limits;
  proxy::AccessLogSink* access_log;
  VmPreparer& preparer;
  /// A plug-in has spent its crash budget, or what a trial leaves of it. Called on the worker's
  /// thread.
  std::function<void()> quarantined;
  size_t workers = 1;  // how many there are
};

class Worker final : public wasm::PluginWorkerEvents {
 public:
  Worker(uint32_t index, const WorkerShared& shared);
  /// Stops the loop and joins the thread.
  ~Worker() override;

  /// Starts the thread.
  void start();
  /// Runs `work` on the worker. Thread: any.
  void post(std::function<void()> work) { loop_.post(std::move(work)); }

  // The rest: on the worker's thread only.

  /// Makes this worker's part of `generation`, beside the one that runs. Takes the generation's VMs
  /// of this worker.
  void prepare(Generation& generation);
  /// Serves from the prepared part from now on; plug-ins that are no longer used end when their
  /// streams have ended.
  void activate();
  /// Forgets a prepared part.
  void discard();

  void listen(net::Socket socket) { proxy_.listen(std::move(socket)); }
  void drain(std::function<void()> done) { proxy_.start_drain(std::move(done)); }

 private:
  using PluginWorkers = std::map<std::string, std::shared_ptr<wasm::PluginWorker>>;
  struct Part {
    std::shared_ptr<proxy::WorkerSnapshot> snapshot;
    PluginWorkers plugins;
  };

  void request_vm(wasm::PluginWorker& worker, std::chrono::milliseconds delay) override;
  void on_quarantined(wasm::PluginWorker& /*worker*/) override { shared_.quarantined(); }
  /// The one that runs under the same key, else a new one.
  std::shared_ptr<wasm::PluginWorker> plugin_worker(GenerationCode& code, Part& part);
  /// What stands in the chains; null: nothing does.
  std::shared_ptr<filter::FilterFactory> factory_of(GenerationPlugin& entry, Part& part);
  std::shared_ptr<wasm::PluginWorker> find(const wasm::PluginWorker& worker) const;
  void housekeep();

  uint32_t index_;
  WorkerShared shared_;
  net::EpollLoop loop_;
  MetricShard metrics_;
  net::TcpConnector connector_;
  std::unique_ptr<net::DnsResolver> resolver_;
  proxy::ProxyWorker proxy_;
  WorkerHost host_;
  std::unique_ptr<Part> running_;
  std::unique_ptr<Part> prepared_;
  std::vector<std::shared_ptr<wasm::PluginWorker>> retiring_;
  net::Timer housekeeping_;
  std::thread thread_;
};

}  // namespace wasmgate::server
