#include "server/worker.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <string>

#include "base/check.h"
#include "base/scheduling.h"
#include "server/generation_choice.h"
#include "server/unavailable_filter.h"

namespace wasmgate::server {
namespace {

// How often counters of VMs reach the metrics, and ended plug-ins are let go.
constexpr std::chrono::milliseconds kHousekeeping{250};

// Stands in when c-ares cannot start: names do not resolve, everything else serves.
class NoResolver final : public net::DnsResolver {
 public:
  explicit NoResolver(net::EventLoop& loop) : loop_(loop) {}
  std::unique_ptr<net::DnsQuery> resolve(const std::string& name, uint16_t,
                                         Handler handler) override {
    auto query = std::make_unique<Query>();
    loop_.post([alive = query->alive, handler = std::move(handler), name] {
      if (*alive) {
        handler(fail(ErrorCode::Unavailable, name + ": no resolver"));
      }
    });
    return query;
  }

 private:
  struct Query final : net::DnsQuery {
    std::shared_ptr<bool> alive = std::make_shared<bool>(true);
    ~Query() override { *alive = false; }
  };
  net::EventLoop& loop_;
};

std::unique_ptr<net::DnsResolver> resolver_or_none(net::EventLoop& loop, Logger& logger) {
  auto resolver = net::make_dns_resolver(loop);
  if (resolver) {
    return std::move(*resolver);
  }
  logger.error("names do not resolve: {}", resolver.error().detail);
  return std::make_unique<NoResolver>(loop);
}

}  // namespace

Worker::Worker(uint32_t index, const WorkerShared& shared)
    : index_(index),
      shared_(shared),
      metrics_(shared.metrics),
      connector_(loop_),
      resolver_(resolver_or_none(loop_, shared.logger)),
      proxy_(proxy::WorkerServices{loop_, connector_, *resolver_, shared.logger, shared.random,
                                   metrics_, shared.proxy_metrics, shared.connection_limits,
                                   shared.access_log}),
      host_(index, loop_, metrics_, proxy_.async_client(), proxy_.redis_client()),
      housekeeping_(loop_.timers(), [this] { housekeep(); }) {}

Worker::~Worker() {
  if (thread_.joinable()) {
    loop_.stop();
    thread_.join();
  }
}

void Worker::start() {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), ("worker-" + std::to_string(index_)).c_str());
    run_soon_after_waking();
    housekeeping_.arm(kHousekeeping);
    loop_.run();
  });
}

std::shared_ptr<wasm::PluginWorker> Worker::plugin_worker(GenerationCode& code, Part& part) {
  std::shared_ptr<wasm::PluginWorker> worker;
  if (running_ != nullptr) {
    const auto known = running_->plugins.find(code.key);
    worker = known == running_->plugins.end() ? nullptr : known->second;
  }
  if (worker == nullptr) {
    worker = std::make_shared<wasm::PluginWorker>(code.plugin, host_, *this);
    if (index_ < code.vms.size() && code.vms[index_] != nullptr) {
      worker->adopt(std::move(code.vms[index_]));
    } else {
      request_vm(*worker, std::chrono::milliseconds(0));
    }
  }
  part.plugins[code.key] = worker;
  return worker;
}

std::shared_ptr<filter::FilterFactory> Worker::factory_of(GenerationPlugin& entry, Part& part) {
  std::shared_ptr<filter::FilterFactory> main;
  if (entry.main.plugin != nullptr) {
    auto worker = plugin_worker(entry.main, part);
    worker->set_has_stand_in(entry.predecessor.has_value());
    main = worker;
    if (entry.predecessor) {
      const uint32_t budget = trial_budget(*entry.main.plugin, shared_.workers);
      main = std::make_shared<TrialFactory>(
          std::move(worker), plugin_worker(*entry.predecessor, part), budget, shared_.quarantined);
    }
  } else if (!entry.open_when_missing) {
    main = std::make_shared<UnavailableFactory>();
  }
  if (!entry.canary) {
    return main;
  }
  auto canary = plugin_worker(*entry.canary, part);
  canary->set_has_stand_in(true);
  return std::make_shared<CanaryFactory>(std::move(canary), std::move(main), entry.canary_rule,
                                         static_cast<uint32_t>(shared_.random.next_u64()));
}

void Worker::prepare(Generation& generation) {
  auto part = std::make_unique<Part>();
  part->snapshot = std::make_shared<proxy::WorkerSnapshot>();
  proxy::WorkerSnapshot& snapshot = *part->snapshot;
  snapshot.model = generation.model;
  snapshot.routes = generation.routes;

  std::vector<filter::FilterFactory*> by_plugin;  // null: takes no part
  for (GenerationPlugin& entry : generation.plugins) {
    std::shared_ptr<filter::FilterFactory> factory = factory_of(entry, *part);
    by_plugin.push_back(factory.get());
    if (factory != nullptr) {
      snapshot.factories.push_back(std::move(factory));
    }
  }
  snapshot.chains.resize(generation.route_plugins.size());
  for (size_t route = 0; route < generation.route_plugins.size(); ++route) {
    for (const uint32_t plugin : generation.route_plugins[route]) {
      if (by_plugin[plugin] != nullptr) {
        snapshot.chains[route].push_back(by_plugin[plugin]);
      }
    }
  }
  for (size_t i = 0; i < generation.plugins.size(); ++i) {
    if (generation.plugins[i].global && by_plugin[i] != nullptr) {
      snapshot.unrouted_chain.push_back(by_plugin[i]);
    }
  }
  prepared_ = std::move(part);
}

void Worker::activate() {
  WASMGATE_CHECK(prepared_ != nullptr);
  std::unique_ptr<Part> old = std::move(running_);
  running_ = std::move(prepared_);
  proxy_.set_snapshot(running_->snapshot);
  shared_.preparer.return_memory_later();
  if (old == nullptr) {
    return;
  }
  for (auto& [key, plugin] : old->plugins) {
    if (!running_->plugins.contains(key)) {
      plugin->retire();
      retiring_.push_back(std::move(plugin));
    }
  }
}

void Worker::discard() { prepared_.reset(); }

std::shared_ptr<wasm::PluginWorker> Worker::find(const wasm::PluginWorker& worker) const {
  for (const Part* part : {running_.get(), prepared_.get()}) {
    if (part == nullptr) {
      continue;
    }
    for (const auto& [key, plugin] : part->plugins) {
      if (plugin.get() == &worker) {
        return plugin;
      }
    }
  }
  return nullptr;
}

void Worker::request_vm(wasm::PluginWorker& worker, std::chrono::milliseconds delay) {
  // The worker of a plug-in may be in the making (prepare) and not be found yet: look it up when
  // the VM is there.
  const wasm::PluginWorker* address = &worker;
  auto mailbox = host_.mailbox();
  std::shared_ptr<wasm::Plugin> plugin = worker.shared_plugin();
  const wasm::Plugin* identity = plugin.get();
  shared_.preparer.prepare(std::move(plugin), delay,
                           [this, address, identity, mailbox](VmPreparer::Prepared result) {
                             auto box = std::make_shared<VmPreparer::Prepared>(std::move(result));
                             mailbox->post([this, address, identity, box] {
                               const std::shared_ptr<wasm::PluginWorker> target = find(*address);
                               if (target == nullptr || &target->plugin() != identity) {
                                 return;
                               }
                               if (*box) {
                                 target->adopt(std::move(**box));
                               } else {
                                 target->preparation_failed(box->error());
                               }
                             });
                           });
}

void Worker::housekeep() {
  if (running_ != nullptr) {
    for (auto& [key, plugin] : running_->plugins) {
      plugin->flush_metrics();
    }
  }
  if (std::erase_if(retiring_, [](const auto& plugin) { return plugin->idle(); }) > 0) {
    shared_.preparer.return_memory_later();
  }
  housekeeping_.arm(kHousekeeping);
}

}  // namespace wasmgate::server
