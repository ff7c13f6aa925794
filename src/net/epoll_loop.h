#pragma once
// The event loop on Linux' epoll, edge-triggered: a descriptor is registered once and never
// changed.

#include <sys/epoll.h>

#include <array>
#include <atomic>
#include <memory>
#include <vector>

#include "net/event_loop.h"
#include "net/mailbox.h"

namespace wasmgate::net {

/// The time of a loop's turn.
class TurnClock final : public Clock {
 public:
  MonotonicTime now() const override { return now_; }
  MonotonicTime precise_now() const override { return std::chrono::steady_clock::now(); }
  WallTime wall_now() const override { return std::chrono::system_clock::now(); }
  void update() { now_ = std::chrono::steady_clock::now(); }

 private:
  MonotonicTime now_ = std::chrono::steady_clock::now();
};

class EpollLoop final : public EventLoop {
 public:
  EpollLoop();
  ~EpollLoop() override;

  /// Turns until stop(). Thread: the one that then owns the loop.
  void run();
  /// Ends run() after the present turn. Thread: any.
  void stop();
  /// One turn that waits at most `timeout` (negative: as long as it takes).
  void turn(std::chrono::milliseconds timeout);

  const Clock& clock() const override { return clock_; }
  TimerWheel& timers() override { return timers_; }
  Result<void> add(int fd, IoHandler& handler) override;
  Result<void> add_level(int fd, IoHandler& handler, IoEvents events) override;
  void remove(int fd) override;
  void post(std::function<void()> work) override { mailbox_.post(std::move(work)); }
  void at_turn_end(TurnHook& hook) override { turn_end_.push(hook); }
  void next_turn(TurnHook& hook) override { next_turn_.push(hook); }
  void delete_later(std::unique_ptr<Deletable> object) override;
  std::span<char> read_area() override { return {read_area_.get(), kReadArea}; }
  BufferPool& buffers() override { return buffers_; }
  void hurry() override { hurry_ = true; }

 private:
  static constexpr size_t kReadArea = 128 * 1024;
  static constexpr size_t kBatch = 256;

  class MailboxHandler final : public IoHandler {
   public:
    explicit MailboxHandler(Mailbox& mailbox) : mailbox_(mailbox) {}
    void on_io(IoEvents) override { mailbox_.run(); }

   private:
    Mailbox& mailbox_;
  };

  Result<void> control(int fd, IoHandler& handler, uint32_t events);
  int wait_milliseconds(std::chrono::milliseconds limit);
  void dispatch(int count);
  void finish_turn();
  void run_early_hooks() {
    if (hurry_) [[unlikely]] {
      hurry_ = false;
      turn_end_.run_all();
    }
  }

  Socket epoll_;
  TurnClock clock_;
  TimerWheel timers_;
  Mailbox mailbox_;
  MailboxHandler mailbox_handler_{mailbox_};
  TurnList turn_end_;
  TurnList next_turn_;
  std::vector<std::unique_ptr<Deletable>> doomed_;
  std::unique_ptr<char[]> read_area_;
  BufferPool buffers_;
  bool hurry_ = false;
  std::atomic<bool> stop_{false};

  std::vector<IoHandler*> handlers_;  // by descriptor
  std::array<epoll_event, kBatch> events_{};
};

}  // namespace wasmgate::net
