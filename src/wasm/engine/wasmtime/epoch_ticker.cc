#include "wasm/engine/wasmtime/epoch_ticker.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <wasmtime.h>

#include <algorithm>

#include "base/scheduling.h"

namespace wasmgate::wasm {
namespace {

constexpr uint32_t kTicksBetweenLooks = 64;
// Without membarrier a wake-up can be missed; the sleep then ends by itself.
constexpr std::chrono::milliseconds kBlindSleep{20};

long membarrier(int command) { return syscall(SYS_membarrier, command, 0, 0); }

}  // namespace

EpochTicker::EpochTicker(wasm_engine_t* engine, std::chrono::nanoseconds tick)
    : engine_(engine),
      tick_(tick),
      has_barrier_(membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0),
      thread_([this] { run(); }) {}

EpochTicker::~EpochTicker() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  condition_.notify_all();
  thread_.join();
}

void EpochTicker::add(ActivitySlot* slot) {
  const std::lock_guard lock(mutex_);
  slots_.push_back(slot);
  seen_.push_back(0);
}

void EpochTicker::remove(ActivitySlot* slot) {
  const std::lock_guard lock(mutex_);
  const auto at = std::find(slots_.begin(), slots_.end(), slot);
  if (at != slots_.end()) {
    seen_.erase(seen_.begin() + (at - slots_.begin()));
    slots_.erase(at);
  }
}

void EpochTicker::wake() {
  {
    const std::lock_guard lock(mutex_);
    awake_.store(true, std::memory_order_relaxed);
  }
  condition_.notify_all();
}

/// No guest runs, and none ran since the last look.
bool EpochTicker::quiet() {
  bool quiet = true;
  for (size_t i = 0; i < slots_.size(); ++i) {
    const uint32_t now = slots_[i]->entries.load(std::memory_order_relaxed);
    quiet = quiet && now == seen_[i] && now % 2 == 0;
    seen_[i] = now;
  }
  return quiet;
}

/// Called with the lock held. Says "asleep" first and looks again behind a barrier in every thread,
/// so that a guest which is being entered either is seen here or sees that it must wake us.
bool EpochTicker::may_sleep() {
  if (!quiet()) {
    return false;
  }
  awake_.store(false, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (has_barrier_) {
    membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
  }
  if (!quiet()) {
    awake_.store(true, std::memory_order_relaxed);
    return false;
  }
  return true;
}

void EpochTicker::run() {
  run_soon_after_waking();  // a late tick is a late deadline
  uint32_t until_look = kTicksBetweenLooks;
  auto next = std::chrono::steady_clock::now();
  std::unique_lock lock(mutex_);
  while (!stop_) {
    if (!awake_.load(std::memory_order_relaxed)) {
      const auto is_over = [this] { return stop_ || awake_.load(std::memory_order_relaxed); };
      if (has_barrier_) {
        condition_.wait(lock, is_over);
      } else if (!condition_.wait_for(lock, kBlindSleep, is_over)) {
        awake_.store(!quiet(), std::memory_order_relaxed);
      }
      until_look = kTicksBetweenLooks;
      next = std::chrono::steady_clock::now();
      continue;
    }
    next = std::max(next + tick_, std::chrono::steady_clock::now());
    condition_.wait_until(lock, next, [this] { return stop_; });
    // In this order: who sees the new tick and then sets a deadline sets it by the new epoch.
    wasmtime_engine_increment_epoch(engine_);
    ticks_.store(ticks_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
    if (--until_look == 0) {
      until_look = kTicksBetweenLooks;
      may_sleep();
    }
  }
}

}  // namespace wasmgate::wasm
