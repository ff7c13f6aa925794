#pragma once
// An event loop for tests: no descriptors, time moved by hand, turns run when asked. Work of one
// turn runs in the same order as in EpollLoop.

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "net/event_loop.h"

namespace wasmgate::testing {

class ManualLoop final : public net::EventLoop {
 public:
  ManualLoop() : timers_(clock_.now()) {}
  ~ManualLoop() override { run_until_idle(); }

  const Clock& clock() const override { return clock_; }
  net::TimerWheel& timers() override { return timers_; }
  Result<void> add(int, net::IoHandler&) override {
    return fail(ErrorCode::Unsupported, "no descriptors in tests");
  }
  Result<void> add_level(int, net::IoHandler&, net::IoEvents) override {
    return fail(ErrorCode::Unsupported, "no descriptors in tests");
  }
  void remove(int) override {}
  void post(std::function<void()> work) override { posted_.push_back(std::move(work)); }
  void at_turn_end(net::TurnHook& hook) override { turn_end_.push(hook); }
  void next_turn(net::TurnHook& hook) override { next_turn_.push(hook); }
  void delete_later(std::unique_ptr<net::Deletable> object) override {
    if (object != nullptr) {
      doomed_.push_back(std::move(object));
    }
  }
  std::span<char> read_area() override { return read_area_; }
  net::BufferPool& buffers() override { return buffers_; }
  void hurry() override {}

  void turn() {
    ++turns_;
    timers_.advance(clock_.now());
    next_turn_.run_once();
    auto posted = std::move(posted_);
    posted_.clear();
    for (auto& work : posted) {
      work();
    }
    turn_end_.run_all();
    while (!doomed_.empty()) {
      auto now = std::move(doomed_);
      doomed_.clear();
      now.clear();
      turn_end_.run_all();
    }
  }

  /// Turns until nothing is left to do at this time. Fails the test when that does not come.
  void run_until_idle() {
    for (int i = 0; i < 100'000; ++i) {
      turn();
      if (next_turn_.empty() && posted_.empty()) {
        return;
      }
    }
    ADD_FAILURE() << "the loop never becomes idle";
  }

  /// Moves time in steps of at most 10 ms, with turns between.
  void advance(Duration by) {
    run_until_idle();
    while (by > Duration::zero()) {
      const Duration step = std::min<Duration>(by, std::chrono::milliseconds(10));
      clock_.advance(step);
      by -= step;
      run_until_idle();
    }
  }

  size_t turns() const { return turns_; }

 private:
  ManualClock clock_;
  net::TimerWheel timers_;
  net::TurnList turn_end_;
  net::TurnList next_turn_;
  std::vector<std::function<void()>> posted_;
  std::vector<std::unique_ptr<net::Deletable>> doomed_;
  std::array<char, 64 * 1024> read_area_{};
  net::BufferPool buffers_;
  size_t turns_ = 0;
};

}  // namespace wasmgate::testing
