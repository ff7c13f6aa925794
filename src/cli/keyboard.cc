#include "cli/keyboard.h"

#include <unistd.h>

namespace wasmgate::cli {

Keyboard::Keyboard(net::EventLoop& loop, std::function<void(char)> on_key)
    : loop_(loop), on_key_(std::move(on_key)) {
  // In the background the terminal is another's.
  if (::isatty(STDIN_FILENO) == 0 || ::tcgetpgrp(STDIN_FILENO) != ::getpgrp() ||
      ::tcgetattr(STDIN_FILENO, &before_) != 0) {
    return;
  }
  termios keys = before_;
  keys.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  keys.c_cc[VMIN] = 0;
  keys.c_cc[VTIME] = 0;
  is_there_ = ::tcsetattr(STDIN_FILENO, TCSANOW, &keys) == 0 &&
              loop_.add_level(STDIN_FILENO, *this, net::kReadable).has_value();
}

Keyboard::~Keyboard() {
  if (is_there_) {
    loop_.remove(STDIN_FILENO);
    ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }
}

void Keyboard::on_io(net::IoEvents) {
  char keys[64];
  const ssize_t size = ::read(STDIN_FILENO, keys, sizeof(keys));
  for (ssize_t i = 0; i < size; ++i) {
    on_key_(keys[i]);
  }
}

}  // namespace wasmgate::cli
