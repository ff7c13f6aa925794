#pragma once
// Single keys of the terminal on standard input. Without a terminal there are none.

#include <termios.h>

#include <functional>

#include "net/event_loop.h"

namespace wasmgate::cli {

class Keyboard final : public net::IoHandler {
 public:
  /// `on_key` runs on the loop with each key pressed. Keys are not shown while this object lives.
  /// Lifetime: `loop` outlives it.
  Keyboard(net::EventLoop& loop, std::function<void(char)> on_key);
  /// Gives the terminal back as it was.
  ~Keyboard() override;
  Keyboard(const Keyboard&) = delete;
  Keyboard& operator=(const Keyboard&) = delete;

  bool is_there() const { return is_there_; }
  void on_io(net::IoEvents events) override;

 private:
  net::EventLoop& loop_;
  std::function<void(char)> on_key_;
  termios before_{};
  bool is_there_ = false;
};

}  // namespace wasmgate::cli
