#include "wasm/host/crash_budget.h"

#include <algorithm>

namespace wasmgate::wasm {

CrashBudget::CrashBudget(const PluginLimits& limits, RandomSource& random)
    : budget_(std::max<uint32_t>(limits.crash_budget, 1)),
      window_(limits.crash_window),
      backoff_min_(limits.backoff_min),
      backoff_max_(limits.backoff_max),
      random_(random) {}

/// Between 75 % and 125 %, so that workers and plug-ins do not come back all at once.
std::chrono::milliseconds CrashBudget::with_jitter(std::chrono::milliseconds delay) {
  const auto percent = static_cast<int64_t>(75 + random_.next_u64() % 51);
  return std::chrono::milliseconds(delay.count() * percent / 100);
}

// The lock is held.
void CrashBudget::forget_old(MonotonicTime now) {
  while (!crashes_.empty() && now - crashes_.front() > window_) {
    crashes_.pop_front();
  }
}

CrashBudget::Health CrashBudget::health(MonotonicTime now) {
  const std::lock_guard lock(mutex_);
  forget_old(now);
  return {crashes_.size(), last_cause_, state_.load(std::memory_order_relaxed) != State::Normal};
}

CrashBudget::Decision CrashBudget::on_crash(MonotonicTime now, FailureCause cause) {
  const std::lock_guard lock(mutex_);
  forget_old(now);
  crashes_.push_back(now);
  last_cause_ = cause;
  Decision decision;
  if (crashes_.size() >= budget_ || state_.load(std::memory_order_relaxed) != State::Normal) {
    if (state_.load(std::memory_order_relaxed) != State::Quarantined) {
      quarantines_.fetch_add(1, std::memory_order_relaxed);
    }
    decision.quarantined = true;
    probing_ = false;
    decision.delay = with_jitter(backoff_max_);
    until_ = now + decision.delay;
    state_.store(State::Quarantined, std::memory_order_relaxed);
    return decision;
  }
  if (crashes_.size() > 1) {
    auto delay = backoff_min_;
    for (size_t i = 2; i < crashes_.size() && delay < backoff_max_; ++i) {
      delay *= 2;
    }
    decision.delay = with_jitter(std::min(delay, backoff_max_));
  }
  return decision;
}

bool CrashBudget::admit_probe(MonotonicTime now, bool& is_probe) {
  const std::lock_guard lock(mutex_);
  if (state_.load(std::memory_order_relaxed) == State::Normal) {
    return true;
  }
  if (probing_ || now < until_) {
    return false;
  }
  state_.store(State::HalfOpen, std::memory_order_relaxed);
  probing_ = true;
  is_probe = true;
  return true;
}

void CrashBudget::on_probe_ended() {
  const std::lock_guard lock(mutex_);
  if (state_.load(std::memory_order_relaxed) == State::HalfOpen) {
    crashes_.clear();
    state_.store(State::Normal, std::memory_order_relaxed);
  }
  probing_ = false;
}

}  // namespace wasmgate::wasm
