#pragma once
// Timers of one loop: four wheels of 256 slots, one millisecond to a tick (so up to 49 days).
// Moving a deadline further away and cancelling only write a field of the timer ("lazy"): the wheel
// looks again when the old deadline comes. A timer of a busy connection therefore costs a few
// instructions per request.

#include <array>
#include <cstdint>
#include <functional>
#include <optional>

#include "base/clock.h"

namespace wasmgate::net {

class TimerWheel;

namespace detail {
/// A place in a ring of timers.
struct TimerLink {
  TimerLink* previous = nullptr;
  TimerLink* next = nullptr;
};
}  // namespace detail

/// One timer. Fires once per arm(). Destroying it cancels. Thread: its loop's.
class Timer : private detail::TimerLink {
 public:
  /// `wheel` outlives the timer. `on_fire` may arm, cancel or destroy any other timer, and arm this
  /// one, but not destroy this one.
  Timer(TimerWheel& wheel, std::function<void()> on_fire);
  ~Timer() { unlink(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  /// Fires `after` from the wheel's present time, not earlier, and at most about one millisecond
  /// later than the loop can. An armed timer is moved.
  void arm(Duration after);
  void cancel() { armed_ = false; }
  bool armed() const { return armed_; }

 private:
  friend class TimerWheel;

  void unlink();

  TimerWheel& wheel_;
  uint64_t deadline_ = 0;   // tick at which it fires
  uint64_t linked_at_ = 0;  // tick at which the wheel looks at it, ≤ deadline_
  uint8_t level_ = 0;
  bool armed_ = false;
  std::function<void()> on_fire_;
};

class TimerWheel {
 public:
  explicit TimerWheel(MonotonicTime start);
  ~TimerWheel();
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  /// Moves the wheel's time to `now` and fires what is due, in order of deadlines (to one
  /// millisecond).
  void advance(MonotonicTime now);

  /// Until when the loop may sleep; empty when no timer is linked. May be too early (a cancelled
  /// timer), never too late.
  std::optional<MonotonicTime> next() const;

  MonotonicTime now() const { return now_; }

 private:
  friend class Timer;
  static constexpr unsigned kBits = 8;
  static constexpr uint64_t kSlots = 1U << kBits;
  static constexpr unsigned kLevels = 4;

  uint64_t tick_of(MonotonicTime time) const;
  void arm(Timer& timer, Duration after);
  void link(Timer& timer, uint64_t tick);
  void fire_slot();
  void cascade();
  std::optional<uint64_t> next_tick(unsigned level) const;
  bool slot_used(unsigned level, uint64_t slot) const;

  MonotonicTime start_;
  MonotonicTime now_;
  uint64_t tick_ = 0;
  std::array<uint64_t, kLevels> counts_{};
  std::array<std::array<detail::TimerLink, kSlots>, kLevels> slots_;
  // A bit per slot: set when a timer is linked, cleared when the slot is found empty.
  mutable std::array<std::array<uint64_t, kSlots / 64>, kLevels> used_{};
};

}  // namespace wasmgate::net
