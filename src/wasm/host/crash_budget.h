#pragma once
// How often a plug-in may break before it is left alone (reliability 1.3). Process-wide: workers
// report crashes here and ask whether the plug-in may be called.
//
//   Normal ──crash──► Normal, the next VM after a delay: 0, then backoff_min doubled up to
//   backoff_max, with jitter
//      ▲  └─crash_budget crashes within crash_window──► Quarantined for backoff_max ──time over──►
//      HalfOpen └───────────the probe stream ended
//      well────────────────────────────────────────────────────┤
//                                                   Quarantined again ◄──the probe
//                                                   crashed─────────┘

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <mutex>

#include "base/clock.h"
#include "base/random.h"
#include "wasm/host/plugin_spec.h"

namespace wasmgate::wasm {

class CrashBudget {
 public:
  enum class State : uint8_t { Normal, Quarantined, HalfOpen };

  /// `random` (for the jitter) outlives this object.
  CrashBudget(const PluginLimits& limits, RandomSource& random);

  struct Decision {
    bool quarantined = false;
    std::chrono::milliseconds delay{0};  // before the next VM may be used
  };

  /// Reports a crash at `now`. Thread: any.
  Decision on_crash(MonotonicTime now, FailureCause cause = FailureCause::Trap);

  /// How the plug-in does, for status.
  struct Health {
    size_t crashes = 0;                       // within crash_window
    FailureCause cause = FailureCause::Trap;  // of the last of them
    bool quarantined = false;
  };
  /// Thread: any.
  Health health(MonotonicTime now);

  /// May a new stream call the plug-in? In quarantine: no, until the time is over; then yes for one
  /// stream, the probe, whose end must be told by on_probe_ended. Thread: any; one relaxed load
  /// while all is well.
  bool admit(MonotonicTime now, bool& is_probe) {
    is_probe = false;
    return state_.load(std::memory_order_relaxed) == State::Normal || admit_probe(now, is_probe);
  }

  /// The probe's stream has ended. A crash of it was reported before.
  void on_probe_ended();

  State state() const { return state_.load(std::memory_order_relaxed); }
  uint64_t quarantines() const { return quarantines_.load(std::memory_order_relaxed); }

 private:
  bool admit_probe(MonotonicTime now, bool& is_probe);
  void forget_old(MonotonicTime now);
  std::chrono::milliseconds with_jitter(std::chrono::milliseconds delay);

  const uint32_t budget_;
  const std::chrono::milliseconds window_;
  const std::chrono::milliseconds backoff_min_;
  const std::chrono::milliseconds backoff_max_;
  RandomSource& random_;
  std::atomic<State> state_{State::Normal};
  std::atomic<uint64_t> quarantines_{0};
  std::mutex mutex_;
  std::deque<MonotonicTime> crashes_;
  FailureCause last_cause_ = FailureCause::Trap;
  MonotonicTime until_{};
  bool probing_ = false;
};

}  // namespace wasmgate::wasm
