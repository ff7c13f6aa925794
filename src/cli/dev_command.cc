// `dev`: a gateway as a child process with the plug-in's module, and a loop that builds when
// sources change. The gateway watches the module itself and swaps new code in between requests; a
// build that fails leaves the module, and so the gateway, as it was.

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "author/gateway_child.h"
#include "author/plugin_build.h"
#include "author/resources.h"
#include "author/source_watch.h"
#include "author/temporary_folder.h"
#include "cli/commands.h"
#include "cli/exit_codes.h"
#include "cli/keyboard.h"
#include "net/epoll_loop.h"
#include "server/config_watcher.h"
#include "server/signals.h"

namespace wasmgate::cli {
namespace {

namespace fs = std::filesystem;

constexpr auto kDebounce = std::chrono::milliseconds(20);
constexpr const char* kKeys = "dev: r builds again, c shows the configuration, q ends\n";
constexpr auto kTurn = std::chrono::milliseconds(200);

class DevSession {
 public:
  DevSession(author::PluginFolder plugin, const DevOptions& options, author::TemporaryFolder folder,
             Console& console)
      : plugin_(std::move(plugin)),
        options_(options),
        folder_(std::move(folder)),
        console_(console),
        logger_(make_stderr_logger(LogLevel::Warn)),
        signals_(loop_, [this](int) { stopped_ = true; }),
        keyboard_(loop_, [this](char key) { on_key(key); }),
        watcher_(loop_, *logger_, [this] { on_change(); }, kDebounce) {}

  int run() {
    before_ = author::fingerprint(plugin_.folder);
    watch();
    build();
    while (!stopped_) {
      loop_.turn(kTurn);
      if (gateway_ != nullptr && gateway_->process().ended()) {
        console_.err << "wasmgate dev: the gateway ended\n";
        return kFailed;
      }
    }
    return failed_ ? kFailed : kOk;
  }

 private:
  std::string config_file() const {
    return options_.config.empty() || options_.config.front() == '{' ? "" : options_.config;
  }

  void watch() {
    std::set<std::string> folders = author::source_folders(plugin_.folder);
    if (!config_file().empty()) {
      folders.insert(fs::absolute(config_file()).parent_path().string());
    }
    watcher_.watch(folders);
  }

  void on_change() {
    watch();
    author::Fingerprint now = author::fingerprint(plugin_.folder);
    const std::string changed = author::changed_files(before_, now, plugin_.folder);
    before_ = std::move(now);
    if (!changed.empty()) {
      console_.err << "dev: " << changed << " changed\n" << std::flush;
      build();
    } else if (gateway_ != nullptr && !config_file().empty()) {
      configure();
    }
  }

  void on_key(char key) {
    if (key == 'q') {
      stopped_ = true;
    } else if (key == 'r') {
      build();
    } else if (key == 'c') {
      const auto trial = author::config_to_try(options_.config, plugin_.module());
      console_.err << (trial ? trial->config.dump(2) : trial.error().detail) << "\n" << std::flush;
    } else if (key == 'h' || key == '?') {
      console_.err << kKeys << std::flush;
    }
  }

  void build() {
    const auto begin = std::chrono::steady_clock::now();
    const auto made =
        author::run_command_line(author::fast_module_build(plugin_), author::Output::Keep);
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    if (!made || made->code != 0) {
      console_.err << (made ? made->output : made.error().detail + "\n")
                   << fmt::format("dev: build failed after {:.1f} s; {}\n", seconds,
                                  gateway_ ? "the code before it serves on" : "nothing serves yet")
                   << std::flush;
      return;
    }
    std::error_code error;
    console_.err << fmt::format("dev: built {} in {:.1f} s, {} B\n", plugin_.name, seconds,
                                fs::file_size(plugin_.module(), error))
                 << std::flush;
    if (gateway_ == nullptr) {
      start_gateway();
    }
  }

  // The resources, or nothing when the configuration is wrong, which is told.
  std::optional<std::vector<nlohmann::ordered_json>> documents() {
    const auto trial = author::config_to_try(options_.config, plugin_.module());
    if (!trial) {
      console_.err << "dev: " << trial.error().detail << "\n" << std::flush;
      return std::nullopt;
    }
    if (trial->is_example && !example_told_) {
      console_.err << kExampleNote << std::flush;
      example_told_ = true;
    }
    std::vector<nlohmann::ordered_json> out = author::route_to(parse_listener(options_.upstream));
    out.push_back(author::wasm_plugin("plugin", "file://" + plugin_.module(), trial->config));
    return out;
  }

  void configure() {
    const auto wanted = documents();
    if (wanted && *wanted != written_) {
      written_ = *wanted;
      if (const auto done = gateway_->write(written_); !done) {
        console_.err << "dev: " << done.error().detail << "\n" << std::flush;
      }
    }
  }

  void start_gateway() {
    const auto wanted = documents();
    if (!wanted) {
      stopped_ = failed_ = true;
      return;
    }
    written_ = *wanted;
    author::GatewaySetting setting;
    setting.folder = folder_.path();
    setting.state_folder = folder_.path() + "/state";
    setting.listen = options_.listen;
    setting.admin = options_.admin;
    setting.more_options = {"--demo", "--log-level", options_.log_level};
    setting.keep_log = false;
    auto started = author::GatewayChild::start(setting, written_);
    if (!started) {
      console_.err << "wasmgate dev: " << started.error().detail << "\n";
      stopped_ = failed_ = true;
      return;
    }
    gateway_ = std::move(*started);
    console_.out << fmt::format("http://127.0.0.1:{}/\n", gateway_->port()) << std::flush;
    console_.err << "dev: serving; edit the sources, Ctrl-C ends\n"
                 << (keyboard_.is_there() ? kKeys : "") << std::flush;
  }

  author::PluginFolder plugin_;
  DevOptions options_;
  author::TemporaryFolder folder_;
  Console& console_;
  std::unique_ptr<Logger> logger_;
  net::EpollLoop loop_;
  server::Signals signals_;
  Keyboard keyboard_;
  server::ConfigWatcher watcher_;
  author::Fingerprint before_;
  std::vector<nlohmann::ordered_json> written_;
  bool example_told_ = false;
  std::unique_ptr<author::GatewayChild> gateway_;
  bool stopped_ = false;
  bool failed_ = false;
};

}  // namespace

int dev_command(const DevOptions& options, Console& console) {
  const auto plugin = author::find_plugin(options.path, fs::current_path().string());
  if (!plugin) {
    console.err << "wasmgate dev: " << plugin.error().detail << "\n";
    return plugin.error().code == ErrorCode::NotFound ? kNotFound : kUsage;
  }
  if (const auto linked = author::link_sdk(*plugin); !linked) {
    console.err << "wasmgate dev: " << linked.error().detail << "\n";
    return kFailed;
  }
  auto folder = author::TemporaryFolder::make();
  if (!folder) {
    console.err << "wasmgate dev: " << folder.error().detail << "\n";
    return kFailed;
  }
  return DevSession(*plugin, options, std::move(*folder), console).run();
}

}  // namespace wasmgate::cli
