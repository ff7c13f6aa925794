#include "net/tcp_listener.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace wasmgate::net {

namespace {
constexpr Duration kRetryWithoutDescriptors = std::chrono::milliseconds(100);
}

TcpListener::TcpListener(EventLoop& loop, Logger& logger, Socket socket, OnAccept on_accept)
    : loop_(loop),
      logger_(logger),
      socket_(std::move(socket)),
      address_(local_address(socket_.fd())),
      on_accept_(std::move(on_accept)),
      retry_(loop.timers(), [this] { accept_batch(); }) {
  if (const auto added = loop_.add(socket_.fd(), *this); !added) {
    logger_.error("listener {}: {}", address_.to_string(), added.error().detail);
    close();
  }
}

void TcpListener::close() {
  if (socket_.valid()) {
    loop_.remove(socket_.fd());
    socket_.reset();
  }
  again_.unlink();
  retry_.cancel();
}

void TcpListener::on_io(IoEvents) { accept_batch(); }

void TcpListener::accept_batch() {
  for (int i = 0; i < kPerTurn && socket_.valid(); ++i) {
    sockaddr_storage storage{};
    socklen_t length = sizeof storage;
    auto* plain = reinterpret_cast<sockaddr*>(&storage);
    Socket accepted(::accept4(socket_.fd(), plain, &length, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!accepted.valid()) {
      on_accept_failure(errno);
      return;
    }
    tune_tcp(accepted.fd());
    on_accept_(std::move(accepted), Address::from_sockaddr(plain, length));
  }
  if (socket_.valid()) {
    loop_.next_turn(again_);
  }
}

void TcpListener::on_accept_failure(int error) {
  switch (error) {
    case EAGAIN:
      return;
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
      loop_.next_turn(again_);
      return;
    default:  // no descriptor or memory left: wait for some
      logger_.warn("listener {}: accept: {}", address_.to_string(), std::strerror(error));
      retry_.arm(kRetryWithoutDescriptors);
  }
}

}  // namespace wasmgate::net
