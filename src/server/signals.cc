#include "server/signals.h"

#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/check.h"

namespace wasmgate::server {

Signals::Signals(net::EventLoop& loop, std::function<void(int)> on_signal)
    : loop_(loop), on_signal_(std::move(on_signal)) {
  ::signal(SIGPIPE, SIG_IGN);
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGQUIT, SIGINT, SIGHUP, SIGUSR1}) {
    sigaddset(&set, signal);
  }
  WASMGATE_CHECK(::pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
  fd_ = net::Socket(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  WASMGATE_CHECK(fd_.valid());
  WASMGATE_CHECK(loop_.add(fd_.fd(), *this).has_value());
}

Signals::~Signals() { loop_.remove(fd_.fd()); }

void Signals::on_io(net::IoEvents) {
  signalfd_siginfo info{};
  while (::read(fd_.fd(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    on_signal_(static_cast<int>(info.ssi_signo));
  }
}

}  // namespace wasmgate::server
