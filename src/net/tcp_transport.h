#pragma once
// A transport over one TCP socket: registered once, edge-triggered; a short read counts as drained;
// all output of a turn leaves in one send; reading is capped per turn, so that one busy peer cannot
// keep the others waiting.

#include "net/socket.h"
#include "net/transport.h"

namespace wasmgate::net {

class TcpTransport final : public Transport, private IoHandler {
 public:
  /// An accepted socket. `loop` outlives the transport.
  TcpTransport(EventLoop& loop, Socket socket, const Address& remote);
  /// Connects to `remote`.
  TcpTransport(EventLoop& loop, const Address& remote, Duration connect_timeout,
               TransportEvents& events);
  ~TcpTransport() override;

  void set_events(TransportEvents& events) override;
  Buffer& output() override { return output_; }
  void flush_soon() override { loop_.at_turn_end(flush_hook_); }
  void pause() override { paused_ = true; }
  void resume() override;
  void shutdown_output() override;
  void close() override;
  void abort() override;
  const Address& local_address() const override { return local_; }
  const Address& remote_address() const override { return remote_; }

 private:
  static constexpr size_t kReadPerTurn = 128 * 1024;
  static constexpr size_t kKeepOutputBlock = 64 * 1024;

  enum class State : uint8_t { Connecting, Open, Closed };

  void on_io(IoEvents events) override;
  void on_connect_ready(IoEvents events);
  void on_connect_timeout();
  void read();
  void continue_reading();
  void give(std::string_view bytes);
  void end_of_input();
  void flush();
  void break_off(CloseReason reason);

  EventLoop& loop_;
  Socket socket_;
  Address remote_;
  Address local_;
  TransportEvents* events_ = nullptr;
  Buffer output_;
  Buffer kept_;  // input that the owner did not take
  MethodHook<TcpTransport, &TcpTransport::flush> flush_hook_{*this};
  MethodHook<TcpTransport, &TcpTransport::continue_reading> read_hook_{*this};
  std::unique_ptr<Timer> connect_timer_;
  State state_ = State::Open;
  CloseReason failure_ = CloseReason::Reset;
  bool failed_ = false;  // tell on_closed in the next turn
  bool paused_ = false;
  bool reading_ = false;      // inside read(): resume() need not schedule
  bool readable_ = false;     // the kernel may have bytes
  bool peer_closed_ = false;  // RDHUP was seen: read until the end
  bool end_given_ = false;
  bool shutdown_wanted_ = false;
  bool writable_ = true;
};

/// Connects with TCP.
class TcpConnector final : public Connector {
 public:
  explicit TcpConnector(EventLoop& loop) : loop_(loop) {}
  std::unique_ptr<Transport> connect(const Address& address, Duration timeout,
                                     TransportEvents& events) override;

 private:
  EventLoop& loop_;
};

}  // namespace wasmgate::net
