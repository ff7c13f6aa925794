#pragma once
// A file descriptor that closes itself, and the few ways in which this house makes sockets. All are
// non-blocking and close-on-exec.

#include <utility>

#include "base/result.h"
#include "net/address.h"

namespace wasmgate::net {

class Socket {
 public:
  Socket() = default;
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    if (this != &other) {
      reset(std::exchange(other.fd_, -1));
    }
    return *this;
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() { reset(); }

  int fd() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  void reset(int fd = -1);
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

/// Binds and listens. `reuse_port`: several workers listen on the same address (SO_REUSEPORT), the
/// kernel spreads connections. Port 0 takes a free one; local_address() tells which. Errors:
/// Refused, AlreadyExists (address in use).
Result<Socket> listen_tcp(const Address& address, bool reuse_port, int backlog = 1024);

/// Starts connecting; the result becomes known when the socket is writable. Errors: Refused when
/// the kernel says no at once.
Result<Socket> start_connect_tcp(const Address& address);

/// No delay; keep-alive probes.
void tune_tcp(int fd);

Address local_address(int fd);
Address remote_address(int fd);

/// Takes and clears SO_ERROR; 0 when there is none.
int take_socket_error(int fd);

}  // namespace wasmgate::net
