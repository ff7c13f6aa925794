#pragma once
// Watches folders for changes (inotify): the folders of configuration files and of file://
// plug-ins. Folders rather than files, since editors and Kubernetes replace files by renaming.
// Changes are reported once they have been quiet for the debounce time.

#include <chrono>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "base/log.h"
#include "net/event_loop.h"
#include "net/socket.h"

namespace wasmgate::server {

class ConfigWatcher final : private net::IoHandler {
 public:
  using OnChange = std::function<void()>;

  /// `loop` and `logger` outlive the watcher. Thread: the loop's.
  ConfigWatcher(net::EventLoop& loop, Logger& logger, OnChange on_change,
                std::chrono::milliseconds debounce = std::chrono::milliseconds(100));
  ~ConfigWatcher() override;

  /// Watches exactly these folders from now on. A folder that cannot be watched is logged once.
  void watch(const std::set<std::string>& folders);

 private:
  void on_io(net::IoEvents events) override;

  net::EventLoop& loop_;
  Logger& logger_;
  OnChange on_change_;
  std::chrono::milliseconds debounce_;
  net::Socket inotify_;
  std::map<std::string, int> watched_;
  std::set<std::string> complained_;
  net::Timer timer_;
};

}  // namespace wasmgate::server
