#pragma once
// Accepts connections: until the kernel has none left, but at most a batch per turn. What to do
// with them, limits included, is the owner's.

#include <functional>

#include "base/log.h"
#include "net/event_loop.h"
#include "net/socket.h"

namespace wasmgate::net {

class TcpListener final : private IoHandler {
 public:
  using OnAccept = std::function<void(Socket socket, const Address& remote)>;

  /// `socket` listens (listen_tcp). `loop` and `logger` outlive the listener.
  TcpListener(EventLoop& loop, Logger& logger, Socket socket, OnAccept on_accept);
  ~TcpListener() override { close(); }

  /// Stops accepting and closes the listening socket. Idempotent.
  void close();
  const Address& address() const { return address_; }

 private:
  static constexpr int kPerTurn = 64;

  void on_io(IoEvents events) override;
  void accept_batch();
  void on_accept_failure(int error);

  EventLoop& loop_;
  Logger& logger_;
  Socket socket_;
  Address address_;
  OnAccept on_accept_;
  MethodHook<TcpListener, &TcpListener::accept_batch> again_{*this};
  Timer retry_;
};

}  // namespace wasmgate::net
