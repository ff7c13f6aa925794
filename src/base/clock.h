#pragma once
// Time as a port: rooms read it from here, tests move it by hand.

#include <chrono>

namespace wasmgate {

using MonotonicTime = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::system_clock::time_point;
using Duration = std::chrono::nanoseconds;

class Clock {
 public:
  virtual ~Clock() = default;

  /// Time that never goes back. A worker's loop may give the time of the current turn.
  virtual MonotonicTime now() const = 0;

  /// The exact monotonic time, for measuring; costs a system call's worth more than `now`.
  virtual MonotonicTime precise_now() const { return now(); }

  /// Time of day, exact at each call.
  virtual WallTime wall_now() const = 0;
};

/// The machine's clocks.
class SystemClock final : public Clock {
 public:
  MonotonicTime now() const override { return std::chrono::steady_clock::now(); }
  WallTime wall_now() const override { return std::chrono::system_clock::now(); }
};

/// A clock for tests: stands still until moved. Starts at one hour, wall time 2026-01-01T00:00:00Z.
class ManualClock final : public Clock {
 public:
  MonotonicTime now() const override { return monotonic_; }
  WallTime wall_now() const override { return wall_; }
  void advance(Duration by) {
    monotonic_ += by;
    wall_ += std::chrono::duration_cast<WallTime::duration>(by);
  }

 private:
  MonotonicTime monotonic_{std::chrono::hours(1)};
  WallTime wall_{std::chrono::seconds(1767225600)};
};

}  // namespace wasmgate
