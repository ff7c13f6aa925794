#include "server/generation_builder.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <ctime>
#include <thread>
#include <utility>

#include "server/generation_choice.h"
#include "server/plugin_scope.h"
#include "server/plugin_spec.h"

namespace wasmgate::server {
namespace {

std::optional<FileIdentity> identity_of(const std::string& path) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) {
    return std::nullopt;
  }
  return FileIdentity{info.st_dev,         info.st_ino,          static_cast<size_t>(info.st_size),
                      info.st_mtim.tv_sec, info.st_mtim.tv_nsec, info.st_ctim.tv_sec,
                      info.st_ctim.tv_nsec};
}

std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? std::string(name) : std::string("localhost");
}

artifact::Pull pull_of(config::PullPolicy policy) {
  switch (policy) {
    case config::PullPolicy::IfNotPresent:
      return artifact::Pull::IfNotPresent;
    case config::PullPolicy::Always:
      return artifact::Pull::Always;
    case config::PullPolicy::Unspecified:
      break;
  }
  return artifact::Pull::Unspecified;
}

const char* reason_of(wasm::FailureCause cause) {
  switch (cause) {
    case wasm::FailureCause::Configure:
      return "ConfigureRejected";
    case wasm::FailureCause::Start:
      return "StartTrapped";
    case wasm::FailureCause::Deadline:
      return "DeadlineExceeded";
    case wasm::FailureCause::Memory:
      return "MemoryExceeded";
    default:
      return "StartTrapped";
  }
}

const char* phase_of(config::PluginPhase phase) {
  switch (phase) {
    case config::PluginPhase::Authn:
      return "AUTHN";
    case config::PluginPhase::Authz:
      return "AUTHZ";
    case config::PluginPhase::Stats:
      return "STATS";
    case config::PluginPhase::Unspecified:
      break;
  }
  return "";
}

// Where a plug-in's canary stands in the maps beside it. No resource has a space in its name.
constexpr std::string_view kCanarySuffix = " canary";
std::string canary_slot(const std::string& resource) {
  return resource + std::string(kCanarySuffix);
}
bool is_canary_slot(const std::string& slot) { return slot.ends_with(kCanarySuffix); }

// The crash budget was spent at some time.
bool is_broken(const std::shared_ptr<wasm::Plugin>& plugin) {
  return plugin->crashes().quarantines() != 0;
}

std::string crashes_of(wasm::Plugin& plugin, MonotonicTime now) {
  const auto health = plugin.crashes().health(now);
  return std::to_string(health.crashes) + " times within " +
         std::to_string(plugin.spec().limits.crash_window.count() / 1000) + " s (" +
         std::string(wasm::to_string(health.cause)) + ")";
}

// A condition's reason for code that could not be had.
const char* reason_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::Corrupt:
      return "DigestMismatch";
    case ErrorCode::Malformed:
      return "InvalidImage";
    case ErrorCode::Unverified:
      return "SignatureInvalid";
    default:
      return "ImagePullFailed";
  }
}

}  // namespace

// A file's times move in steps: one that was changed just now may be changed again without a trace.
bool FileIdentity::is_settled() const {
  constexpr time_t kSeconds = 3;
  return ::time(nullptr) - std::max(modified, changed) >= kSeconds;
}

GenerationBuilder::GenerationBuilder(artifact::ArtifactStore& store, PluginCompiler& compiler,
                                     const wasm::ProcessServices& process, VmPreparer& preparer,
                                     uint32_t workers, const Clock& clock, Logger& logger)
    : store_(store),
      compiler_(compiler),
      process_(process),
      preparer_(preparer),
      workers_(workers),
      clock_(clock),
      logger_(logger),
      node_id_(host_name()) {}

tl::expected<artifact::PluginCode, GenerationBuilder::Failure> GenerationBuilder::fetch(
    const config::Plugin& plugin) {
  auto code =
      store_.get({plugin.url, plugin.file, plugin.sha256, pull_of(plugin.pull_policy),
                  plugin.pull_credentials, plugin.verification_key, plugin.limits.module_bytes});
  if (!code) {
    return tl::unexpected(Failure{reason_of(code.error().code), code.error().detail,
                                  wasm::FailureCause::Unavailable});
  }
  if (!code->note.empty()) {
    logger_.warn("plug-in {}: {}", plugin.resource, code->note);
  }
  return std::move(*code);
}

std::optional<std::chrono::milliseconds> GenerationBuilder::next_look() const {
  auto next = waiting_.empty() ? std::nullopt : store_.next_retry();
  for (const auto& [resource, trial] : trials_) {
    const auto left =
        std::max(std::chrono::milliseconds(0),
                 std::chrono::duration_cast<std::chrono::milliseconds>(trial.until - clock_.now()));
    next = next ? std::min(*next, left) : left;
  }
  return next;
}

bool GenerationBuilder::look_again() {
  const auto now = clock_.now();
  for (const auto& [resource, trial] : trials_) {
    if (trial.until <= now || has_failed_trial(*good_.at(resource).plugin)) {
      return true;
    }
  }
  for (const auto& [slot, good] : good_) {
    if (is_canary_slot(slot) && is_broken(good.plugin)) {
      return true;
    }
  }
  return std::any_of(waiting_.begin(), waiting_.end(),
                     [this](const config::Plugin& plugin) { return fetch(plugin).has_value(); });
}

// The digest of a file that was read before and has not changed since.
std::optional<std::string> GenerationBuilder::known_digest(const config::Plugin& plugin) const {
  const auto seen = seen_files_.find(plugin.file);
  if (plugin.file.empty() || !plugin.sha256.empty() || !plugin.verification_key.empty() ||
      seen == seen_files_.end() || seen->second.identity != identity_of(plugin.file) ||
      seen->second.identity->size > plugin.limits.module_bytes) {
    return std::nullopt;
  }
  return seen->second.digest;
}

tl::expected<artifact::PluginCode, GenerationBuilder::Failure> GenerationBuilder::fetch_noting_file(
    const config::Plugin& plugin) {
  const auto before = plugin.file.empty() ? std::nullopt : identity_of(plugin.file);
  auto code = fetch(plugin);
  if (code && before && before->is_settled()) {
    seen_files_[plugin.file] = {before, code->digest};
  } else if (!plugin.file.empty()) {
    seen_files_.erase(plugin.file);
  }
  return code;
}

tl::expected<GenerationBuilder::Draft, GenerationBuilder::Failure> GenerationBuilder::begin(
    const config::Plugin& plugin, bool canary, uint64_t number) {
  if (plugin.problem) {
    return tl::unexpected(
        Failure{plugin.problem->reason, plugin.problem->message, wasm::FailureCause::Configure});
  }
  Draft draft;
  draft.made.config = plugin;
  const auto describe = [&](const std::string& digest) {
    draft.spec = make_plugin_spec(plugin, digest, number, node_id_);
    draft.spec.canary = canary;
    draft.made.key = plugin_key(draft.spec);
    draft.made.status.digest = "sha256:" + digest;
  };
  // What runs already goes on, VMs and all.
  const std::string slot = canary ? canary_slot(plugin.resource) : plugin.resource;
  const auto runs_already = [&] {
    const auto known = good_.find(slot);
    if (known == good_.end() || known->second.key != draft.made.key) {
      return false;
    }
    draft.made.plugin = known->second.plugin;
    return true;
  };
  if (const auto digest = known_digest(plugin)) {
    describe(*digest);
    if (!rejected_.contains(slot) && runs_already()) {
      return draft;
    }
  }
  auto code = fetch_noting_file(plugin);
  if (!code) {
    return tl::unexpected(code.error());
  }
  draft.code = std::move(*code);
  describe(draft.code.digest);
  if (const auto rejected = rejected_.find(slot); rejected != rejected_.end()) {
    if (rejected->second.key == draft.made.key && (canary || plugin.limits.auto_rollback)) {
      return tl::unexpected(Failure{canary ? "CanaryEnded" : "RolledBack", rejected->second.message,
                                    wasm::FailureCause::Trap, true});
    }
    rejected_.erase(rejected);
  }
  runs_already();
  return draft;
}

// Changes nothing of this object: several may run at a time.
GenerationBuilder::Made GenerationBuilder::finish(
    Draft draft, std::vector<std::unique_ptr<wasm::Vm>>& vms) const {
  if (draft.made.plugin != nullptr) {
    return std::move(draft.made);
  }
  auto module = compiler_.compile(draft.code);
  if (!module) {
    return tl::unexpected(
        Failure{"CompileFailed", module.error().detail, wasm::FailureCause::Start, true});
  }
  auto created =
      wasm::Plugin::create(std::move(*module), draft.code.bytes, std::move(draft.spec), process_);
  if (!created) {
    return tl::unexpected(
        Failure{"UnsupportedABI", created.error().message, created.error().cause, true});
  }
  draft.made.plugin = std::move(*created);
  for (uint32_t i = 0; i < workers_; ++i) {
    auto vm = draft.made.plugin->prepare_vm();
    if (!vm) {
      return tl::unexpected(
          Failure{reason_of(vm.error().cause), vm.error().message, vm.error().cause, true});
    }
    vms.push_back(std::move(*vm));
  }
  return std::move(draft.made);
}

GenerationBuilder::Made GenerationBuilder::make(const config::Plugin& plugin, bool canary,
                                                uint64_t number,
                                                std::vector<std::unique_ptr<wasm::Vm>>& vms) {
  if (auto ahead = ahead_.extract(canary ? canary_slot(plugin.resource) : plugin.resource)) {
    vms = std::move(ahead.mapped().vms);
    return std::move(ahead.mapped().made);
  }
  auto draft = begin(plugin, canary, number);
  if (!draft) {
    return tl::unexpected(draft.error());
  }
  return finish(std::move(*draft), vms);
}

// The plug-ins of the first generation, as many at a time as there are processors: nobody is served
// yet whom that could slow down.
void GenerationBuilder::make_ahead(const config::Model& model, uint64_t number) {
  struct Job {
    Draft draft;
    Ahead* result;
  };
  std::vector<Job> jobs;
  for (const config::Plugin& plugin : model.plugins) {
    auto draft = begin(plugin, false, number);
    Ahead& ahead = ahead_[plugin.resource];
    if (draft) {
      jobs.push_back({std::move(*draft), &ahead});
    } else {
      ahead.made = tl::unexpected(draft.error());
    }
  }
  std::atomic<size_t> next{0};
  const auto work = [&] {
    for (size_t i = next++; i < jobs.size(); i = next++) {
      jobs[i].result->made = finish(std::move(jobs[i].draft), jobs[i].result->vms);
    }
  };
  std::vector<std::thread> helpers;
  for (size_t i = 1; i < std::min<size_t>(jobs.size(), std::thread::hardware_concurrency()); ++i) {
    helpers.emplace_back(work);
  }
  work();
  for (std::thread& helper : helpers) {
    helper.join();
  }
}

bool GenerationBuilder::has_failed_trial(wasm::Plugin& plugin) const {
  return plugin.crashes().quarantines() != 0 ||
         plugin.crashes().health(clock_.now()).crashes >= trial_budget(plugin, workers_);
}

// A trial ends by its time, or by the crash budget of what is tried: then the predecessor is the
// good one again.
void GenerationBuilder::end_trials() {
  const auto now = clock_.now();
  std::erase_if(trials_, [&](auto& item) {
    auto& [resource, trial] = item;
    Good& tried = good_.at(resource);
    if (!has_failed_trial(*tried.plugin)) {
      return trial.until <= now;
    }
    const bool other_code = tried.status.digest != trial.predecessor.status.digest;
    rejected_[resource] = {tried.key, (other_code ? tried.status.digest : "its new configuration") +
                                          " broke " + crashes_of(*tried.plugin, now)};
    tried = std::move(trial.predecessor);
    return true;
  });
}

void GenerationBuilder::end_canaries() {
  const auto now = clock_.now();
  std::erase_if(good_, [&](const auto& item) {
    const auto& [slot, canary] = item;
    if (!is_canary_slot(slot) || !is_broken(canary.plugin)) {
      return false;
    }
    rejected_[slot] = {canary.key,
                       canary.status.digest + " broke " + crashes_of(*canary.plugin, now)};
    return true;
  });
}

// What is new is on trial for a while: its predecessor stands by.
void GenerationBuilder::consider_trial(const config::Plugin& plugin, GenerationPlugin& entry,
                                       PluginStatus& status) {
  if (!plugin.limits.auto_rollback) {
    trials_.erase(plugin.resource);
    return;
  }
  const auto known = good_.find(plugin.resource);
  if (known != good_.end() && known->second.key != entry.main.key &&
      !is_broken(known->second.plugin)) {
    trials_[plugin.resource] = {known->second, clock_.now() + plugin.limits.rollback_window};
  }
  const auto trial = trials_.find(plugin.resource);
  if (trial != trials_.end()) {
    entry.predecessor =
        GenerationCode{trial->second.predecessor.key, trial->second.predecessor.plugin, {}};
    status.on_trial_before = trial->second.predecessor.status.digest;
  }
}

void GenerationBuilder::make_canary(const config::Plugin& plugin, uint64_t number,
                                    GenerationPlugin& entry, PluginStatus& status) {
  const config::Canary& rule = *plugin.canary;
  const std::string slot = canary_slot(plugin.resource);
  config::Plugin other = plugin;
  other.url = rule.url;
  other.file = rule.file;
  other.sha256.clear();  // the main code's
  CanaryStatus& canary = status.canary.emplace();
  canary.url = rule.url;
  canary.share = rule.share;
  canary.header = rule.header + (rule.header_value ? "=" + *rule.header_value : "");
  GenerationCode code;
  auto made = make(other, true, number, code.vms);
  if (!made) {
    canary.reason = made.error().reason;
    canary.message = made.error().message;
    if (!made.error().resolved && other.file.empty()) {
      waiting_.push_back(std::move(other));
    }
    logger_.error("plug-in {}: no canary: {}: {}; all requests meet the main generation",
                  plugin.resource, canary.reason, canary.message);
    return;
  }
  canary.digest = made->status.digest;
  canary.serving = true;
  canary.running = made->plugin;
  code.key = made->key;
  code.plugin = made->plugin;
  entry.canary = std::move(code);
  entry.canary_rule = rule;
  pending_[slot] = std::move(*made);
}

std::unique_ptr<Generation> GenerationBuilder::build(std::shared_ptr<const config::Model> model) {
  auto generation = std::make_unique<Generation>();
  generation->number = ++number_;
  generation->model = model;
  generation->routes = std::make_shared<proxy::RouteTable>(model->routes);
  generation->route_plugins.resize(model->routes.size());
  pending_.clear();
  waiting_.clear();
  end_trials();
  end_canaries();
  store_.set_options(model->gateway.oci_insecure_hosts, model->gateway.oci_mirrors,
                     model->gateway.oci_preload_folder);
  ahead_.clear();
  if (generation->number == 1) {
    make_ahead(*model, generation->number);
  }

  for (const config::Plugin& plugin : model->plugins) {
    GenerationPlugin entry;
    PluginStatus status;
    status.resource = plugin.resource;
    status.url = plugin.url;
    status.phase = phase_of(plugin.phase);
    status.priority = plugin.priority;
    auto made = make(plugin, false, generation->number, entry.main.vms);
    const config::Plugin* scope = &plugin;
    if (made) {
      status.digest = made->status.digest;
      status.resolved = status.programmed = true;
      entry.main.plugin = made->plugin;
      entry.main.key = made->key;
      pending_[plugin.resource] = std::move(*made);
    } else {
      entry.main.vms.clear();
      status.reason = made.error().reason;
      status.message = made.error().message;
      status.resolved = made.error().resolved;
      if (made.error().cause == wasm::FailureCause::Unavailable && plugin.file.empty()) {
        waiting_.push_back(plugin);
      }
      const auto known = good_.find(plugin.resource);
      if (known != good_.end()) {
        entry.main.plugin = known->second.plugin;
        entry.main.key = known->second.key;
        scope = &known->second.config;
        status.serving_older = true;
        status.digest = known->second.status.digest;
        pending_[plugin.resource] = known->second;
        logger_.error("plug-in {}: {}: {}; its last good generation goes on", plugin.resource,
                      status.reason, status.message);
      } else {
        const wasm::PluginSpec policy = make_plugin_spec(plugin, "", generation->number, node_id_);
        entry.open_when_missing = policy.opens_on(made.error().cause);
        logger_.error("plug-in {}: {}: {}; on its routes {}", plugin.resource, status.reason,
                      status.message,
                      entry.open_when_missing ? "requests pass (fail open)"
                                              : "requests are answered 503 (fail closed)");
      }
    }
    consider_trial(plugin, entry, status);
    if (plugin.canary) {
      make_canary(plugin, generation->number, entry, status);
    }
    const wasm::Plugin* running = entry.main.plugin.get();
    status.running = entry.main.plugin;
    status.fails_open =
        running != nullptr && running->spec().opens_on(wasm::FailureCause::Quarantine);
    if (running != nullptr && running->report().version) {
      status.abi = to_string(*running->report().version);
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

void GenerationBuilder::activated(const Generation& generation) {
  good_ = std::exchange(pending_, {});
  compiler_.give_way();
  for (const auto& [slot, good] : good_) {
    if (!good.plugin->has_spare() && !is_broken(good.plugin)) {
      preparer_.prepare(good.plugin, std::chrono::milliseconds(0), {});
    }
  }
  std::erase_if(seen_files_, [&](const auto& item) {
    return std::none_of(generation.model->plugins.begin(), generation.model->plugins.end(),
                        [&](const config::Plugin& plugin) {
                          return plugin.file == item.first ||
                                 (plugin.canary && plugin.canary->file == item.first);
                        });
  });
  std::erase_if(trials_, [this](const auto& item) { return !good_.contains(item.first); });
  std::erase_if(rejected_, [&](const auto& item) {
    return std::none_of(generation.statuses.begin(), generation.statuses.end(),
                        [&](const PluginStatus& status) {
                          return item.first == status.resource ||
                                 (status.canary && item.first == canary_slot(status.resource));
                        });
  });
  store_.keep_used();
}

}  // namespace wasmgate::server
