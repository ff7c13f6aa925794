#pragma once
// The port of a two-way byte stream: TCP, TLS on top of it, or memory in tests. The owner appends
// to output() and asks for a flush; all that was appended in a turn leaves in one send. Input comes
// in pieces to on_data.
//
// Nothing is called back from inside a call of the owner: results come in this turn's end or a
// later turn.

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/buffer.h"
#include "net/address.h"
#include "net/event_loop.h"

namespace wasmgate::net {

enum class CloseReason : uint8_t {
  Reset,           // the peer or the network broke the stream
  ConnectRefused,  // never connected
  ConnectTimeout,
  TlsFailed,
};

/// "reset", "connection refused", "connect timeout", "tls handshake failed".
std::string_view to_string(CloseReason reason);

class TransportEvents {
 public:
  virtual ~TransportEvents() = default;

  /// The stream can carry data (client side; a server-side transport is connected from the start).
  virtual void on_connected() = 0;
  /// Bytes from the peer, not empty. Returns how many were taken. When fewer, the rest is kept,
  /// reading stops, and the rest is given again after resume().
  virtual size_t on_data(std::string_view bytes) = 0;
  /// The peer will send no more; everything it sent has been given. Not noticed while paused.
  virtual void on_end_of_input() = 0;
  /// A flush has been tried. `sent`: bytes that left; `pending`: bytes still waiting, 0 when all
  /// has been given to the kernel.
  virtual void on_output_progress(size_t sent, size_t pending) = 0;
  /// The stream is dead; no further event comes. Not called after close().
  virtual void on_closed(CloseReason reason) = 0;
};

class Transport : public Deletable {
 public:
  /// `events` is called until close(); it outlives the transport or sets another.
  virtual void set_events(TransportEvents& events) = 0;

  /// What waits to be sent. Append to it, then flush_soon(). Nothing is added after
  /// shutdown_output().
  virtual Buffer& output() = 0;
  /// Sends at the end of this turn.
  virtual void flush_soon() = 0;

  /// Stops and restarts input. Not counted. resume() gives kept bytes and reads in the next turn.
  virtual void pause() = 0;
  virtual void resume() = 0;

  /// Half-close once all output has left.
  virtual void shutdown_output() = 0;
  /// Ends both directions now; waiting output is dropped. No further event. Idempotent.
  virtual void close() = 0;
  /// The same with a reset towards the peer, so that it cannot take a cut message for a complete
  /// one.
  virtual void abort() = 0;

  virtual const Address& local_address() const = 0;
  virtual const Address& remote_address() const = 0;
};

/// Makes client-side transports.
class Connector {
 public:
  virtual ~Connector() = default;

  /// Starts connecting to `address`. The outcome comes as on_connected or on_closed, never before
  /// this call has returned.
  virtual std::unique_ptr<Transport> connect(const Address& address, Duration timeout,
                                             TransportEvents& events) = 0;
};

}  // namespace wasmgate::net
