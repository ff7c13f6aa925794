#include "net/socket.h"

#include <fmt/format.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace wasmgate::net {
namespace {

void set_option(int fd, int level, int name, int value) {
  // Options are wishes: a socket without one of them still works.
  (void)setsockopt(fd, level, name, &value, sizeof value);
}

tl::unexpected<Error> system_failure(std::string_view what, const Address& address) {
  const int error = errno;
  const ErrorCode code = error == EADDRINUSE ? ErrorCode::AlreadyExists : ErrorCode::Refused;
  return fail(code, fmt::format("{} {}: {}", what, address.to_string(), std::strerror(error)));
}

Result<Socket> make_socket(const Address& address) {
  Socket out(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!out.valid()) {
    return system_failure("cannot make a socket for", address);
  }
  return out;
}

template <class Call>
Address name_of(int fd, Call call) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  auto* plain = reinterpret_cast<sockaddr*>(&storage);
  return call(fd, plain, &length) == 0 ? Address::from_sockaddr(plain, length) : Address();
}

}  // namespace

void Socket::reset(int fd) {
  if (fd_ >= 0) {
    ::close(fd_);
  }
  fd_ = fd;
}

Result<Socket> listen_tcp(const Address& address, bool reuse_port, int backlog) {
  auto socket = make_socket(address);
  if (!socket) {
    return socket;
  }
  const int fd = socket->fd();
  set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (reuse_port) {
    set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
  }
  if (address.family() == AF_INET6) {
    set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
  }
  if (::bind(fd, address.data(), address.size()) != 0) {
    return system_failure("cannot bind", address);
  }
  if (::listen(fd, backlog) != 0) {
    return system_failure("cannot listen on", address);
  }
  return socket;
}

Result<Socket> start_connect_tcp(const Address& address) {
  auto socket = make_socket(address);
  if (!socket) {
    return socket;
  }
  tune_tcp(socket->fd());
  if (::connect(socket->fd(), address.data(), address.size()) != 0 && errno != EINPROGRESS) {
    return system_failure("cannot connect to", address);
  }
  return socket;
}

void tune_tcp(int fd) {
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
}

Address local_address(int fd) { return name_of(fd, ::getsockname); }
Address remote_address(int fd) { return name_of(fd, ::getpeername); }

int take_socket_error(int fd) {
  int error = 0;
  socklen_t length = sizeof error;
  return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
}

}  // namespace wasmgate::net
