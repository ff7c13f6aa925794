#pragma once
// The port of a worker's event loop: file descriptors, timers, work from other threads, and the end
// of a turn. A turn is: wait, take the time once, dispatch what is ready, fire timers, run the
// turn's end (every connection that has output sends once), delete what was handed to delete_later.
// Implementations: EpollLoop (Linux), ManualLoop (tests/support).
//
// Nothing here blocks, and everything but post() belongs to the loop's thread.

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "base/clock.h"
#include "base/result.h"
#include "net/buffer_pool.h"
#include "net/timer_wheel.h"
#include "net/turn_hook.h"

namespace wasmgate::net {

/// What is true of a descriptor. Values are those of epoll.
using IoEvents = uint32_t;
inline constexpr IoEvents kReadable = 0x001;
inline constexpr IoEvents kWritable = 0x004;
inline constexpr IoEvents kBroken = 0x008 | 0x010;  // error, or both sides closed
inline constexpr IoEvents kPeerClosed = 0x2000;     // the peer will send no more

class IoHandler {
 public:
  virtual ~IoHandler() = default;
  virtual void on_io(IoEvents events) = 0;
};

/// Something that must not be destroyed inside its own callback.
class Deletable {
 public:
  virtual ~Deletable() = default;
};

class EventLoop {
 public:
  virtual ~EventLoop() = default;

  /// The time of this turn. precise_now() reads the machine's clock.
  virtual const Clock& clock() const = 0;
  virtual TimerWheel& timers() = 0;

  /// Watches `fd` for everything, edge-triggered: `handler` hears of each change once, and must
  /// read or write until the kernel has no more (a short read counts as that). Errors: Internal
  /// when the kernel refuses. Lifetime: until remove(fd).
  virtual Result<void> add(int fd, IoHandler& handler) = 0;
  /// Watches level-triggered for `events`, for libraries that read as much as they like. Calling it
  /// again changes `events`.
  virtual Result<void> add_level(int fd, IoHandler& handler, IoEvents events) = 0;
  /// Stops watching; no event that is already fetched reaches the handler. Call before closing the
  /// descriptor.
  virtual void remove(int fd) = 0;

  /// Runs `work` on the loop's thread, in this turn or the next. Thread: any.
  virtual void post(std::function<void()> work) = 0;

  /// Runs `hook` once when all events of this turn have been handled. No effect when it is queued
  /// already.
  virtual void at_turn_end(TurnHook& hook) = 0;
  /// Runs `hook` once at the start of the next turn, which then does not wait.
  virtual void next_turn(TurnHook& hook) = 0;

  /// Destroys `object` at the end of this turn.
  virtual void delete_later(std::unique_ptr<Deletable> object) = 0;

  /// A scratch area that any read of this turn may fill; its contents die when the reader returns.
  /// At least 64 KiB.
  virtual std::span<char> read_area() = 0;

  /// Large buffers for bodies.
  virtual BufferPool& buffers() = 0;

  /// Much has been read: what waits for the turn's end (sending it, above all) runs as soon as the
  /// present handler has returned, while the bytes are still in the processor's cache.
  virtual void hurry() = 0;
};

}  // namespace wasmgate::net
