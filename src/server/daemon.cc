#include "server/daemon.h"

#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "config/diagnostics/render.h"
#include "server/admin_pages.h"
#include "server/config_files.h"
#include "server/file_io.h"
#include "server/state_folder.h"

namespace wasmgate::server {
namespace {

constexpr int kOk = 0;
constexpr int kFailed = 1;
constexpr int kInvalidConfiguration = 3;

// As many descriptors as the system allows: connections are limited by configuration, not by the
// shell's default.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
}

std::string folder_of(const std::string& path) {
  const std::filesystem::path p(path);
  return p.has_parent_path() ? p.parent_path().string() : std::string(".");
}

}  // namespace

Daemon::Daemon(const Options& options)
    : options_(options), logger_(make_stderr_logger(options.log_level)) {
  raise_descriptor_limit();
  signals_ = std::make_unique<Signals>(loop_, [this](int signal) { on_signal(signal); });
  reloads_ = metrics_.counter("wasmgate_config_reloads_total", "Configurations that went live.");
  refused_ = metrics_.counter("wasmgate_config_refused_total",
                              "Configurations that were refused; the old one served on.");
  generation_ =
      metrics_.gauge("wasmgate_config_generation", "Number of the generation that serves.");
}

Daemon::~Daemon() {
  fetcher_.stop();
  sleeper_.stop();
  // Threads first, newest first: each may still post to the ones made before it.
  publisher_.reset();
  preparer_.reset();
  workers_.clear();
  if (!temporary_state_.empty()) {
    std::error_code error;
    std::filesystem::remove_all(temporary_state_, error);
  }
}

// Two gateways in one folder would take each other's socket and status.
bool Daemon::take_state_folder() {
  auto lock = StateLock::take(state_folder(options_.state_dir));
  if (!lock && lock.error().code == ErrorCode::InvalidArgument && options_.state_dir.empty() &&
      (options_.state_may_move || options_.paths.empty())) {
    std::string folder =
        (std::filesystem::temp_directory_path() / "wasmgate-state-XXXXXX").string();
    if (::mkdtemp(folder.data()) != nullptr) {
      logger_->info("{}; this one uses a temporary folder",
                    lock.error().detail.substr(0, lock.error().detail.find(';')));
      options_.state_dir = temporary_state_ = folder;
      kept_ = KeptGenerations(folder + "/generations");
      lock = StateLock::take(folder);
    }
  }
  if (!lock) {
    logger_->error("{}", lock.error().detail);
    return false;
  }
  state_lock_.emplace(std::move(*lock));
  return true;
}

int Daemon::run() {
  if (!options_.check_only && !take_state_folder()) {
    return kFailed;
  }
  if (options_.demo || options_.paths.empty()) {
    auto echo = start_echo(loop_, *logger_);
    if (!echo) {
      logger_->error("the demo's upstream does not start: {}", echo.error().detail);
      return kFailed;
    }
    echo_ = std::move(*echo);
    builtin_.push_back(echo_service(echo_->address()));
    if (options_.paths.empty()) {
      auto demo = builtin_configuration(state_folder(options_.state_dir) + "/demo");
      if (!demo) {
        logger_->error("the demo cannot be set up: {}", demo.error().detail);
        return kFailed;
      }
      builtin_.push_back(std::move(*demo));
    }
  }
  config::LoadResult loaded = load_files();
  if (!print_diagnostics(loaded.diagnostics)) {
    return kInvalidConfiguration;
  }
  if (options_.check_only) {
    return kOk;
  }
  apply_options(*loaded.model);
  if (!start(*loaded.model)) {
    return kFailed;
  }
  watch(*loaded.model);
  offer(std::move(*loaded.model));
  loop_.run();
  return kOk;
}

bool Daemon::start(const config::Model& model) {
  return start_engine(model) && start_workers(model) && start_admin(model);
}

bool Daemon::start_engine(const config::Model& model) {
  wasm::EngineOptions options = wasm::EngineOptions::for_this_build();
  (void)model;
  auto engine = wasm::make_engine(options);
  if (!engine) {
    logger_->error("the WebAssembly engine does not start: {}", engine.error().detail);
    return false;
  }
  engine_ = std::move(*engine);
  stores_ = std::make_unique<wasm::SharedStores>();
  process_ = std::make_unique<wasm::ProcessServices>(
      wasm::ProcessServices{*engine_, *stores_, metrics_, *logger_, random_, clock_});
  CompileLimits limits;
  limits.in_child = !options.small;
  compiler_ = std::make_unique<PluginCompiler>(
      *engine_, *logger_, random_, state_folder(options_.state_dir) + "/compiled", limits);
  return true;
}

bool Daemon::start_workers(const config::Model& model) {
  const uint32_t workers = model.gateway.workers != 0
                               ? model.gateway.workers
                               : std::max(1U, std::thread::hardware_concurrency());
  if (!open_listeners(model, workers)) {
    return false;
  }
  if (model.gateway.access_log.enabled) {
    auto log = proxy::AccessLogFile::open(model.gateway.access_log.path, *logger_);
    if (!log) {
      logger_->error("access log: {}", log.error().detail);
      return false;
    }
    access_log_ = std::move(*log);
  }
  proxy_metrics_ = std::make_unique<proxy::ProxyMetrics>(metrics_);
  connection_limits_ = std::make_unique<proxy::ConnectionLimits>(
      model.gateway.limits.connections, model.gateway.limits.connections_per_address);
  preparer_ = std::make_unique<VmPreparer>();
  const WorkerShared shared{
      *logger_, random_, metrics_, *proxy_metrics_, *connection_limits_, access_log_.get(),
      *preparer_,
      // By way of this thread, which outlives the workers and knows whether there is a publisher.
      [this] { loop_.post([this] { look_again(); }); }, workers};
  for (uint32_t i = 0; i < workers; ++i) {
    workers_.push_back(std::make_unique<Worker>(i, shared));
  }
  for (const auto& worker : workers_) {
    worker->start();
  }
  if (!open_store()) {
    return false;
  }
  builder_ = std::make_unique<GenerationBuilder>(*store_, *compiler_, *process_, *preparer_,
                                                 workers, clock_, *logger_);
  publisher_ = std::make_unique<Publisher>(*builder_, workers_, [this](Published published) {
    loop_.post([this, box = std::make_shared<Published>(std::move(published))] {
      on_published(std::move(*box));
    });
  });
  return true;
}

bool Daemon::open_listeners(const config::Model& model, uint32_t workers) {
  sockets_.resize(workers);
  for (const config::Listener& listener : model.gateway.listeners) {
    auto address = net::Address::parse(listener.address, listener.port);
    for (uint32_t i = 0; i < workers; ++i) {
      auto socket = address ? net::listen_tcp(*address, true) : tl::unexpected(address.error());
      if (!socket) {
        logger_->error("cannot listen on {}:{}: {}", listener.address, listener.port,
                       socket.error().detail);
        return false;
      }
      if (i == 0) {
        address =
            net::local_address(socket->fd());  // port 0: the one the kernel chose, for all workers
        addresses_.push_back(*address);
      }
      sockets_[i].push_back(std::move(*socket));
    }
  }
  return true;
}

bool Daemon::open_store() {
  const auto environment = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value != nullptr ? value : "");
  };
  credentials_ = std::make_unique<artifact::StoredCredentials>(
      artifact::credential_files(environment), credential_helper_);
  artifact::StoreOptions options;
  options.folder = state_folder(options_.state_dir) + "/artifacts";
  auto store = artifact::ArtifactStore::open(std::move(options), fetcher_, *credentials_, sleeper_,
                                             clock_, *logger_);
  if (!store) {
    logger_->error("the plug-in cache cannot be opened: {}", store.error().detail);
    return false;
  }
  store_ = std::move(*store);
  return true;
}

config::LoadResult Daemon::load_files() {
  config::Diagnostics problems;
  sources_ = read_config_files(options_.paths, problems);
  sources_.insert(sources_.end(), builtin_.begin(), builtin_.end());
  config::LoadResult loaded = config::load(sources_);
  loaded.diagnostics.append(problems);
  if (problems.has_errors()) {
    loaded.model.reset();
  }
  return loaded;
}

// True when there is no error.
bool Daemon::print_diagnostics(const config::Diagnostics& diagnostics) const {
  if (!diagnostics.empty()) {
    const std::string text = config::render_text(diagnostics, sources_) +
                             config::render_summary(diagnostics, sources_.size());
    std::fwrite(text.data(), 1, text.size(), stderr);
  }
  return !diagnostics.has_errors();
}

void Daemon::apply_options(config::Model& model) const {
  config::GatewayConfig& gateway = model.gateway;
  if (!options_.listeners.empty()) {
    gateway.listeners = options_.listeners;
  }
  if (options_.admin) {
    gateway.admin = *options_.admin;
    gateway.admin_enabled = true;
  }
  if (options_.admin_off) {
    gateway.admin_enabled = false;
  }
  if (options_.workers) {
    gateway.workers = *options_.workers;
  }
  if (options_.access_log) {
    gateway.access_log.enabled = options_.access_log->enabled;
    gateway.access_log.path = options_.access_log->path;
  }
}

void Daemon::reload(const char* cause) {
  if (draining_) {
    return;
  }
  config::LoadResult loaded = load_files();
  if (!loaded.model) {
    metrics_.add(refused_);
    refused_text_ = config::render_text(loaded.diagnostics, sources_);
    print_diagnostics(loaded.diagnostics);
    logger_->error("configuration refused ({}, {} errors): generation {} serves on", cause,
                   loaded.diagnostics.errors(), published_.number);
    write_status_soon();
    return;
  }
  refused_text_.clear();
  print_diagnostics(loaded.diagnostics);
  apply_options(*loaded.model);
  watch(*loaded.model);
  if (connection_limits_ != nullptr) {
    connection_limits_->set(loaded.model->gateway.limits.connections,
                            loaded.model->gateway.limits.connections_per_address);
  }
  offer(std::move(*loaded.model));
}

void Daemon::look_again() {
  if (publisher_ != nullptr) {
    publisher_->look_again();
  }
}

void Daemon::on_published(Published published) {
  published_ = std::move(published);
  metrics_.add(reloads_);
  metrics_.set(generation_, static_cast<int64_t>(published_.number));
  logger_->info("generation {} serves on {} workers: {} routes, {} clusters, {} plug-ins, {} ms",
                published_.number, workers_.size(), published_.model->routes.size(),
                published_.model->clusters.size(), published_.model->plugins.size(),
                published_.took.count());
  keep_generation();
  if (ready_) {
    write_status_soon();
    return;
  }
  ready_ = true;
  for (size_t i = 0; i < workers_.size(); ++i) {
    auto sockets = std::make_shared<std::vector<net::Socket>>(std::move(sockets_[i]));
    workers_[i]->post([worker = workers_[i].get(), sockets] {
      for (net::Socket& socket : *sockets) {
        worker->listen(std::move(socket));
      }
    });
  }
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - begin_);
  std::string text;
  for (const net::Address& address : addresses_) {
    text += "   http " + address.to_string();
  }
  if (admin_ != nullptr) {
    text += "   admin http://" + admin_->address().to_string();
  }
  logger_->info("wasmgate {} ready in {} ms{}", kVersion, took.count(), text);
  write_status();  // waits for the disk: requests need not
  write_port_file();
}

void Daemon::write_port_file() {
  if (options_.port_file.empty()) {
    return;
  }
  std::string text = "{\"listeners\":[";
  for (size_t i = 0; i < addresses_.size(); ++i) {
    text += (i == 0 ? "\"" : ",\"") + addresses_[i].to_string() + "\"";
  }
  text += "],\"admin\":\"" + (admin_ != nullptr ? admin_->address().to_string() : "") + "\"}\n";
  if (const auto written = write_file_atomically(options_.port_file, text, 0644); !written) {
    logger_->error("port file: {}", written.error().detail);
  }
}

// Folders of the files that were given, and of the modules that plug-ins name.
void Daemon::watch(const config::Model& model) {
  if (watcher_ == nullptr) {
    watcher_ =
        std::make_unique<ConfigWatcher>(loop_, *logger_, [this] { reload("files changed"); });
  }
  std::set<std::string> folders;
  for (const std::string& path : options_.paths) {
    std::error_code error;
    if (!std::filesystem::is_directory(path, error)) {
      folders.insert(folder_of(path));
      continue;
    }
    folders.insert(path);
    for (const std::string& inner : config_folders(path)) {
      folders.insert(inner);
    }
  }
  for (const config::Plugin& plugin : model.plugins) {
    if (!plugin.file.empty()) {
      folders.insert(folder_of(plugin.file));
    }
    if (plugin.canary && !plugin.canary->file.empty()) {
      folders.insert(folder_of(plugin.canary->file));
    }
  }
  watcher_->watch(folders);
}

void Daemon::on_signal(int signal) {
  switch (signal) {
    case SIGHUP:
      reload("SIGHUP");
      return;
    case SIGUSR1:
      if (access_log_ != nullptr) {
        access_log_->reopen();
      }
      return;
    case SIGINT:
      loop_.stop();
      return;
    default:
      if (draining_) {
        loop_.stop();  // asked twice
      } else {
        begin_drain();
      }
  }
}

void Daemon::begin_drain() {
  draining_ = true;
  if (!ready_) {
    loop_.stop();
    return;
  }
  logger_->info("draining: no new connections, requests in progress may end");
  draining_workers_ = workers_.size();
  for (const auto& worker : workers_) {
    worker->post([this, target = worker.get()] {
      target->drain([this] {
        loop_.post([this] {
          if (--draining_workers_ == 0) {
            loop_.stop();
          }
        });
      });
    });
  }
}

}  // namespace wasmgate::server
