#pragma once
// The preparation thread: starts and configures plug-in VMs, so that no worker's loop ever runs a
// plug-in's start or configure. Jobs may be due later (back-off after crashes). Results are handed
// to a callback on this thread, which posts them where they belong. After plug-ins have ended it
// also gives the memory they leave free back to the system.

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <queue>
#include <thread>

#include "wasm/host/plugin.h"
#include "wasm/host/vm.h"

namespace wasmgate::server {

class VmPreparer {
 public:
  using Prepared = tl::expected<std::unique_ptr<wasm::Vm>, wasm::PluginFailure>;
  using Deliver = std::function<void(Prepared)>;

  /// `return_delay`: how long free memory waits before it goes back to the system.
  explicit VmPreparer(std::chrono::milliseconds return_delay = std::chrono::seconds(5));
  /// Ends after the job in progress; the others are dropped without a result.
  ~VmPreparer();

  /// Prepares one VM of `plugin` after `delay`, from the spare when there is one, and fills the
  /// spare up afterwards. `deliver` may be empty: only the spare is filled. Thread: any.
  void prepare(std::shared_ptr<wasm::Plugin> plugin, std::chrono::milliseconds delay,
               Deliver deliver);

  /// A generation or its plug-ins ended: what the allocator holds free goes back to the system
  /// after the delay, once for all that end until then. Thread: any.
  void return_memory_later();

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Job {
    Time due;
    uint64_t serial;
    std::shared_ptr<wasm::Plugin> plugin;
    Deliver deliver;
    bool operator<(const Job& other) const {
      return due != other.due ? due > other.due : serial > other.serial;  // earliest on top
    }
  };

  void run();
  /// When something is due; empty: nothing is planned.
  std::optional<Time> next_due() const;
  static void carry_out(Job& job);

  std::mutex mutex_;
  std::condition_variable wake_;
  std::priority_queue<Job> jobs_;
  uint64_t serial_ = 0;
  const std::chrono::milliseconds return_delay_;
  std::optional<Time> return_at_;  // when free memory goes back
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace wasmgate::server
