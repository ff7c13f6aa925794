#pragma once
// The parts of the running daemon and how they hang together. Everything here lives on the main
// thread; workers, the publisher and the VM preparer have threads of their own and are talked to by
// mailbox.

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "config/load.h"
#include "net/epoll_loop.h"
#include "observe/metrics.h"
#include "proxy/downstream/access_log.h"
#include "server/admin_pages.h"
#include "server/change_requests.h"
#include "server/config_watcher.h"
#include "server/demo.h"
#include "server/http_fetcher.h"
#include "server/options.h"
#include "server/plugin_compiler.h"
#include "server/publisher.h"
#include "server/signals.h"
#include "server/small_server.h"
#include "server/state_folder.h"
#include "server/state_lock.h"
#include "server/worker.h"
#include "wasm/host/process_services.h"
#include "wasm/host/shared_stores.h"

namespace wasmgate::server {

class Daemon {
 public:
  explicit Daemon(const Options& options);
  ~Daemon();

  /// The process's exit code.
  int run();

 private:
  bool take_state_folder();
  bool start(const config::Model& model);
  bool start_engine(const config::Model& model);
  bool start_workers(const config::Model& model);
  bool start_admin(const config::Model& model);
  bool open_store();
  bool open_listeners(const config::Model& model, uint32_t workers);
  config::LoadResult load_files();
  bool print_diagnostics(const config::Diagnostics& diagnostics) const;
  void apply_options(config::Model& model) const;
  void reload(const char* cause);
  void look_again();
  void on_published(Published published);
  void watch(const config::Model& model);
  void begin_drain();
  void write_port_file();
  AdminState admin_state() const;
  SmallReply answer_admin(const http::HeaderMap& headers) const;
  void write_status();
  void write_status_soon();
  void start_admin_socket();
  SmallReply answer_admin_socket(const http::HeaderMap& headers, std::string_view body) const;
  void offer(config::Model model);
  void keep_generation();
  void on_signal(int signal);

  Options options_;
  MonotonicTime begin_ = std::chrono::steady_clock::now();
  std::unique_ptr<Logger> logger_;
  SystemClock clock_;
  SystemRandom random_;
  MetricRegistry metrics_;
  net::EpollLoop loop_;
  std::unique_ptr<Signals> signals_;
  std::unique_ptr<wasm::Engine> engine_;
  std::unique_ptr<wasm::SharedStores> stores_;
  std::unique_ptr<wasm::ProcessServices> process_;
  std::unique_ptr<PluginCompiler> compiler_;
  HttpFetcher fetcher_{std::string("wasmgate/") + kVersion};
  WakeableSleeper sleeper_;
  ProcessCredentialHelper credential_helper_;
  std::unique_ptr<artifact::StoredCredentials> credentials_;
  std::unique_ptr<artifact::ArtifactStore> store_;
  std::unique_ptr<GenerationBuilder> builder_;
  std::unique_ptr<proxy::ProxyMetrics> proxy_metrics_;
  std::unique_ptr<proxy::ConnectionLimits> connection_limits_;
  std::unique_ptr<proxy::AccessLogFile> access_log_;
  std::unique_ptr<VmPreparer> preparer_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::vector<net::Socket>> sockets_;  // per worker, until it listens
  std::vector<net::Address> addresses_;            // what was bound
  std::unique_ptr<Publisher> publisher_;
  std::unique_ptr<SmallServer> echo_;
  std::unique_ptr<SmallServer> admin_;
  std::optional<StateLock> state_lock_;
  std::string temporary_state_;  // removed at the end; empty: none
  KeptGenerations kept_{state_folder(options_.state_dir) + "/generations"};
  std::unique_ptr<SmallServer> admin_socket_;
  /// What was given to the publisher and has not served yet, with the first folder's texts.
  std::vector<std::pair<std::shared_ptr<const config::Model>, std::vector<config::SourceText>>>
      offered_;
  std::unique_ptr<ConfigWatcher> watcher_;
  std::vector<config::SourceText> builtin_;
  std::vector<config::SourceText> sources_;  // read last
  Published published_;
  MetricId reloads_;
  MetricId refused_;
  MetricId generation_;
  std::string refused_text_;  // the newest configuration was refused: why; empty: it was not
  std::string status_written_;
  net::Timer status_timer_{loop_.timers(), [this] { write_status(); }};
  size_t draining_workers_ = 0;
  bool ready_ = false;
  bool draining_ = false;
};

}  // namespace wasmgate::server
