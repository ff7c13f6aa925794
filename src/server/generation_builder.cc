#include "server/generation_builder.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "server/plugin_scope.h"
#include "server/plugin_spec.h"

namespace wasmgate::server {
namespace {

std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? std::string(name) : std::string("localhost");
}

artifact::Pull pull_of(config::PullPolicy policy) {
  switch (policy) {
    case config::PullPolicy::IfNotPresent: return artifact::Pull::IfNotPresent;
    case config::PullPolicy::Always: return artifact::Pull::Always;
    case config::PullPolicy::Unspecified: break;
  }
  return artifact::Pull::Unspecified;
}

const char* reason_of(wasm::FailureCause cause) {
  switch (cause) {
    case wasm::FailureCause::Configure: return "ConfigureRejected";
    case wasm::FailureCause::Start: return "StartTrapped";
    case wasm::FailureCause::Deadline: return "DeadlineExceeded";
    case wasm::FailureCause::Memory: return "MemoryExceeded";
    default: return "StartTrapped";
  }
}

const char* phase_of(config::PluginPhase phase) {
  switch (phase) {
    case config::PluginPhase::Authn: return "AUTHN";
    case config::PluginPhase::Authz: return "AUTHZ";
    case config::PluginPhase::Stats: return "STATS";
    case config::PluginPhase::Unspecified: break;
  }
  return "";
}

// A condition's reason for code that could not be had.
const char* reason_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::Corrupt: return "DigestMismatch";
    case ErrorCode::Unverified: return "SignatureInvalid";
    default: return "ImagePullFailed";
  }
}

}  // namespace

GenerationBuilder::GenerationBuilder(artifact::ArtifactStore& store, PluginCompiler& compiler, const wasm::ProcessServices& process,
                                     uint32_t workers, Logger& logger)
    : store_(store), compiler_(compiler), process_(process), workers_(workers), logger_(logger), node_id_(host_name()) {}

tl::expected<artifact::PluginCode, GenerationBuilder::Failure> GenerationBuilder::fetch(
    const config::Plugin& plugin) {
  auto code = store_.get({plugin.url, plugin.file, plugin.sha256, pull_of(plugin.pull_policy), plugin.pull_credentials,
                          plugin.verification_key, plugin.limits.module_bytes});
  if (!code) {
    return tl::unexpected(Failure{reason_of(code.error().code), code.error().detail, wasm::FailureCause::Unavailable});
  }
  if (!code->note.empty()) {
    logger_.warn("plug-in {}: {}", plugin.resource, code->note);
  }
  return std::move(*code);
}

std::optional<std::chrono::milliseconds> GenerationBuilder::next_retry() const {
  return waiting_.empty() ? std::nullopt : store_.next_retry();
}

bool GenerationBuilder::retry() {
  return std::any_of(waiting_.begin(), waiting_.end(),
                     [this](const config::Plugin& plugin) { return fetch(plugin).has_value(); });
}

GenerationBuilder::Made GenerationBuilder::make(const config::Plugin& plugin, uint64_t number,
                                                std::vector<std::unique_ptr<wasm::Vm>>& vms) {
  auto code = fetch(plugin);
  if (!code) {
    return tl::unexpected(code.error());
  }
  Good made;
  made.config = plugin;
  wasm::PluginSpec spec = make_plugin_spec(plugin, code->digest, number, node_id_);
  made.key = plugin_key(spec);
  made.status.digest = "sha256:" + code->digest;

  // What runs already goes on, VMs and all.
  if (const auto known = good_.find(plugin.resource); known != good_.end() && known->second.key == made.key) {
    made.plugin = known->second.plugin;
    return made;
  }
  auto module = compiler_.compile(*code);
  if (!module) {
    return tl::unexpected(Failure{"CompileFailed", module.error().detail, wasm::FailureCause::Start});
  }
  auto created = wasm::Plugin::create(std::move(*module), code->bytes, std::move(spec), process_);
  if (!created) {
    return tl::unexpected(Failure{"UnsupportedABI", created.error().message, created.error().cause});
  }
  made.plugin = std::move(*created);
  for (uint32_t i = 0; i <= workers_; ++i) {  // one more: the spare
    auto vm = made.plugin->prepare_vm();
    if (!vm) {
      return tl::unexpected(Failure{reason_of(vm.error().cause), vm.error().message, vm.error().cause});
    }
    if (i < workers_) {
      vms.push_back(std::move(*vm));
    } else {
      made.plugin->store_spare(std::move(*vm));
    }
  }
  return made;
}

std::unique_ptr<Generation> GenerationBuilder::build(std::shared_ptr<const config::Model> model) {
  auto generation = std::make_unique<Generation>();
  generation->number = ++number_;
  generation->model = model;
  generation->routes = std::make_shared<proxy::RouteTable>(model->routes);
  generation->route_plugins.resize(model->routes.size());
  pending_.clear();
  waiting_.clear();
  store_.set_options(model->gateway.oci_insecure_hosts, model->gateway.oci_mirrors, model->gateway.oci_preload_folder);

  for (const config::Plugin& plugin : model->plugins) {
    GenerationPlugin entry;
    PluginStatus status;
    status.resource = plugin.resource;
    status.url = plugin.url;
    status.phase = phase_of(plugin.phase);
    status.priority = plugin.priority;
    auto made = make(plugin, generation->number, entry.vms);
    const config::Plugin* scope = &plugin;
    if (made) {
      status.digest = made->status.digest;
      status.resolved = status.programmed = true;
      entry.plugin = made->plugin;
      entry.key = made->key;
      pending_[plugin.resource] = std::move(*made);
    } else {
      entry.vms.clear();
      status.reason = made.error().reason;
      status.message = made.error().message;
      status.resolved = made.error().cause != wasm::FailureCause::Unavailable;
      if (!status.resolved && plugin.file.empty()) {
        waiting_.push_back(plugin);
      }
      const auto known = good_.find(plugin.resource);
      if (known != good_.end()) {
        entry.plugin = known->second.plugin;
        entry.key = known->second.key;
        scope = &known->second.config;
        status.serving_older = true;
        status.digest = known->second.status.digest;
        pending_[plugin.resource] = known->second;
        logger_.error("plug-in {}: {}: {}; its last good generation goes on", plugin.resource, status.reason,
                      status.message);
      } else {
        const wasm::PluginSpec policy = make_plugin_spec(plugin, "", generation->number, node_id_);
        entry.open_when_missing = policy.opens_on(made.error().cause);
        logger_.error("plug-in {}: {}: {}; on its routes {}", plugin.resource, status.reason, status.message,
                      entry.open_when_missing ? "requests pass (fail open)" : "requests are answered 503 (fail closed)");
      }
    }
    status.running = entry.plugin;
    status.fails_open =
        entry.plugin != nullptr && entry.plugin->spec().opens_on(wasm::FailureCause::Quarantine);
    if (entry.plugin != nullptr && entry.plugin->report().version) {
      status.abi = to_string(*entry.plugin->report().version);
    }
    entry.global = scope->has_global;
    const auto index = static_cast<uint32_t>(generation->plugins.size());
    for (size_t route = 0; route < model->routes.size(); ++route) {
      if (plugin_stands_in(*scope, model->routes[route])) {
        generation->route_plugins[route].push_back(index);
      }
    }
    generation->plugins.push_back(std::move(entry));
    generation->statuses.push_back(std::move(status));
  }
  return generation;
}

void GenerationBuilder::activated(const Generation&) {
  good_ = std::exchange(pending_, {});
  store_.keep_used();
}

}  // namespace wasmgate::server
