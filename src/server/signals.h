#pragma once
// Signals as events of the main thread's loop (signalfd). Made before any other thread, so that all
// threads block them.

#include <functional>

#include "net/event_loop.h"
#include "net/socket.h"

namespace wasmgate::server {

class Signals final : private net::IoHandler {
 public:
  /// TERM, QUIT, INT, HUP and USR1 go to `on_signal` from now on; PIPE is ignored.
  Signals(net::EventLoop& loop, std::function<void(int)> on_signal);
  ~Signals() override;

 private:
  void on_io(net::IoEvents events) override;

  net::EventLoop& loop_;
  std::function<void(int)> on_signal_;
  net::Socket fd_;
};

}  // namespace wasmgate::server
