#include "server/config_watcher.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace wasmgate::server {

ConfigWatcher::ConfigWatcher(net::EventLoop& loop, Logger& logger, OnChange on_change,
                             std::chrono::milliseconds debounce)
    : loop_(loop),
      logger_(logger),
      on_change_(std::move(on_change)),
      debounce_(debounce),
      inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
      timer_(loop.timers(), [this] { on_change_(); }) {
  if (!inotify_.valid()) {
    logger_.warn("configuration files are not watched ({}); use SIGHUP", std::strerror(errno));
    return;
  }
  if (const auto added = loop_.add(inotify_.fd(), *this); !added) {
    logger_.warn("configuration files are not watched ({}); use SIGHUP", added.error().detail);
    inotify_.reset();
  }
}

ConfigWatcher::~ConfigWatcher() {
  if (inotify_.valid()) {
    loop_.remove(inotify_.fd());
  }
}

void ConfigWatcher::watch(const std::set<std::string>& folders) {
  if (!inotify_.valid()) {
    return;
  }
  for (auto at = watched_.begin(); at != watched_.end();) {
    if (folders.contains(at->first)) {
      ++at;
    } else {
      ::inotify_rm_watch(inotify_.fd(), at->second);
      at = watched_.erase(at);
    }
  }
  constexpr uint32_t kMask = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE |
                             IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
  for (const std::string& folder : folders) {
    const int watch = ::inotify_add_watch(inotify_.fd(), folder.c_str(), kMask);
    if (watch >= 0) {
      watched_[folder] = watch;
    } else if (complained_.insert(folder).second) {
      logger_.warn("folder {} is not watched: {}", folder, std::strerror(errno));
    }
  }
}

void ConfigWatcher::on_io(net::IoEvents) {
  alignas(inotify_event) char block[8192];
  bool changed = false;
  while (true) {
    const ssize_t n = ::read(inotify_.fd(), block, sizeof block);
    if (n <= 0) {
      break;
    }
    for (ssize_t at = 0; at < n;) {
      const auto* event = reinterpret_cast<const inotify_event*>(block + at);
      at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
      if ((event->mask & (IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF)) != 0) {
        std::erase_if(watched_, [&](const auto& entry) { return entry.second == event->wd; });
      }
      // A file that is only being created will be reported again when it is complete.
      const bool only_created = (event->mask & IN_CREATE) != 0 && (event->mask & IN_ISDIR) == 0;
      changed |= !only_created && (event->mask & IN_IGNORED) == 0;
    }
  }
  if (changed) {
    timer_.arm(debounce_);
  }
}

}  // namespace wasmgate::server
