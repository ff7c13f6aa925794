#pragma once
// Advances the engine's epoch once per tick, from its own thread, while a guest runs anywhere;
// sleeps otherwise. Entering a guest costs two plain stores and a load: the fence that Dekker's
// pattern needs is paid by the ticker (membarrier) when it falls asleep.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

struct wasm_engine_t;

namespace wasmgate::wasm {

/// One instance's mark: odd while its guest runs. Stands among what its worker touches anyway; the
/// ticker looks so rarely that sharing the line costs nothing.
struct ActivitySlot {
  std::atomic<uint32_t> entries{0};
};

class EpochTicker {
 public:
  /// `engine` outlives the ticker.
  EpochTicker(wasm_engine_t* engine, std::chrono::nanoseconds tick);
  ~EpochTicker();
  EpochTicker(const EpochTicker&) = delete;
  EpochTicker& operator=(const EpochTicker&) = delete;

  void enter(ActivitySlot& slot) {
    slot.entries.store(slot.entries.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    if (!awake_.load(std::memory_order_relaxed)) [[unlikely]] {
      wake();
    }
  }
  void leave(ActivitySlot& slot) {
    slot.entries.store(slot.entries.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }

  /// Thread: any.
  void add(ActivitySlot* slot);
  void remove(ActivitySlot* slot);

  const std::atomic<uint64_t>& ticks() const { return ticks_; }
  std::chrono::nanoseconds tick() const { return tick_; }
  bool awake() const { return awake_.load(std::memory_order_relaxed); }

 private:
  void run();
  bool may_sleep();
  bool quiet();
  void wake();

  wasm_engine_t* engine_;
  const std::chrono::nanoseconds tick_;
  std::atomic<uint64_t> ticks_{0};
  std::atomic<bool> awake_{false};
  std::mutex mutex_;
  std::condition_variable condition_;
  std::vector<ActivitySlot*> slots_;
  std::vector<uint32_t> seen_;  // entries of each slot at the last look
  bool has_barrier_ = false;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace wasmgate::wasm
