#pragma once
// Transports without sockets: two ends of a pipe in memory. Each direction has a window (like a
// kernel's socket buffer), so that back-pressure is real, and a piece size, so that messages can
// arrive in any cuts. Also a connector whose far ends a test plays.

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "net/transport.h"

namespace wasmgate::testing {

/// One end as the code under test sees it; the other end is `Peer`, in the test's hands.
class MemoryTransport;

/// The far end of a memory transport. Everything it does reaches the transport in a later turn.
class Peer {
 public:
  /// Bytes the transport's owner has sent, as far as the window let them through.
  std::string received;
  bool received_end = false;  // the owner half-closed or closed
  bool aborted = false;       // by abort()
  bool closed = false;        // the transport is closed (either way)

  void send(std::string_view bytes);
  void finish();  // no more bytes from here
  void reset();   // breaks the stream
  /// Takes `received` and empties it.
  std::string take() { return std::exchange(received, {}); }

  /// How many bytes the transport may have delivered here before its sends would block.
  void set_window(size_t bytes);
  /// Opens the window by that much.
  void grant(size_t bytes);
  /// Delivers at most so many bytes per on_data.
  void set_piece(size_t bytes) { piece = bytes; }

  size_t piece = SIZE_MAX;
  size_t window = SIZE_MAX;
  /// Sent by this end and not read by the transport yet (a paused transport leaves it here, like a
  /// kernel).
  std::string in_flight;
  bool finished = false;
  bool broken = false;
  net::Address address;
  MemoryTransport* transport = nullptr;  // null once destroyed
};

class MemoryTransport final : public net::Transport {
 public:
  MemoryTransport(net::EventLoop& loop, std::shared_ptr<Peer> peer, net::Address local,
                  net::Address remote)
      : loop_(loop), peer_(std::move(peer)), local_(local), remote_(remote) {
    peer_->transport = this;
  }
  ~MemoryTransport() override {
    close();
    peer_->transport = nullptr;
  }

  /// For connectors: reports on_connected (or on_closed with `reason`) in the next turn.
  void connect_with(net::TransportEvents& events) {
    events_ = &events;
    connecting_ = true;
    wake();
  }
  void fail_with(net::TransportEvents& events, net::CloseReason reason) {
    events_ = &events;
    failure_ = reason;
    failed_ = true;
    wake();
  }

  void set_events(net::TransportEvents& events) override {
    events_ = &events;
    wake();
  }
  Buffer& output() override { return output_; }
  void flush_soon() override { loop_.at_turn_end(flush_hook_); }
  void pause() override { paused_ = true; }
  void resume() override {
    paused_ = false;
    wake();
  }
  void shutdown_output() override {
    shutdown_ = true;
    flush_soon();
  }
  void close() override {
    if (closed_) {
      return;
    }
    closed_ = true;
    flush_hook_.unlink();
    input_hook_.unlink();
    output_.clear();
    kept_.clear();
    peer_->received_end = true;
    peer_->closed = true;
  }
  void abort() override {
    if (!closed_) {
      peer_->aborted = true;
    }
    close();
  }
  const net::Address& local_address() const override { return local_; }
  const net::Address& remote_address() const override { return remote_; }

  void wake() {
    if (!closed_) {
      loop_.next_turn(input_hook_);
    }
  }
  bool paused() const { return paused_; }
  /// Sends so far: turns in which bytes left.
  size_t sends() const { return sends_; }
  size_t kept_bytes() const { return kept_.size(); }

 private:
  void on_input() {
    if (failed_ || peer_->broken) {
      const auto reason = failed_ ? failure_ : net::CloseReason::Reset;
      close();
      events_->on_closed(reason);
      return;
    }
    if (connecting_) {
      connecting_ = false;
      events_->on_connected();
    }
    while (!closed_ && !paused_) {
      std::string bytes(kept_.view());
      if (!bytes.empty()) {
        kept_.clear();
      } else {
        bytes = peer_->in_flight.substr(0, peer_->piece);
        peer_->in_flight.erase(0, bytes.size());
      }
      if (bytes.empty()) {
        if (peer_->finished && !end_given_) {
          end_given_ = true;
          events_->on_end_of_input();
        }
        return;
      }
      const size_t taken = events_->on_data(bytes);
      if (taken < bytes.size() && !closed_) {
        kept_.append(std::string_view(bytes).substr(taken));
        paused_ = true;
      }
    }
  }

  void flush() {
    if (closed_ || connecting_) {
      return;
    }
    const size_t size = std::min(output_.size(), peer_->window);
    if (size > 0) {
      peer_->received.append(output_.view().substr(0, size));
      peer_->window -= peer_->window == SIZE_MAX ? 0 : size;
      output_.drain(size);
      ++sends_;
    }
    if (output_.empty() && shutdown_) {
      peer_->received_end = true;
    }
    events_->on_output_progress(size, output_.size());
  }

  net::EventLoop& loop_;
  std::shared_ptr<Peer> peer_;
  net::Address local_;
  net::Address remote_;
  net::TransportEvents* events_ = nullptr;
  Buffer output_;
  Buffer kept_;
  net::MethodHook<MemoryTransport, &MemoryTransport::flush> flush_hook_{*this};
  net::MethodHook<MemoryTransport, &MemoryTransport::on_input> input_hook_{*this};
  bool paused_ = false;
  bool connecting_ = false;
  bool failed_ = false;
  bool closed_ = false;
  bool shutdown_ = false;
  bool end_given_ = false;
  size_t sends_ = 0;
  net::CloseReason failure_ = net::CloseReason::Reset;
};

inline void Peer::send(std::string_view bytes) {
  in_flight.append(bytes);
  if (transport != nullptr) {
    transport->wake();
  }
}
inline void Peer::finish() {
  finished = true;
  if (transport != nullptr) {
    transport->wake();
  }
}
inline void Peer::reset() {
  broken = true;
  if (transport != nullptr) {
    transport->wake();
  }
}
inline void Peer::set_window(size_t bytes) { window = bytes; }
inline void Peer::grant(size_t bytes) {
  window = window == SIZE_MAX ? SIZE_MAX : window + bytes;
  if (transport != nullptr && !closed) {
    transport->flush_soon();
  }
}

/// Connects to nowhere: each connection's far end is kept in `peers`, in order.
class MemoryConnector final : public net::Connector {
 public:
  explicit MemoryConnector(net::EventLoop& loop) : loop_(loop) {}

  std::unique_ptr<net::Transport> connect(const net::Address& address, Duration timeout,
                                          net::TransportEvents& events) override {
    auto peer = std::make_shared<Peer>();
    peer->address = address;
    peers.push_back(peer);
    last_timeout = timeout;
    auto transport = std::make_unique<MemoryTransport>(
        loop_, peer, *net::Address::parse("127.0.0.1", 40000), address);
    const auto failure = failures.find(address.to_string());
    if (failure != failures.end()) {
      transport->fail_with(events, failure->second);
    } else {
      transport->connect_with(events);
    }
    if (on_connect) {
      on_connect(*peer);
    }
    return transport;
  }

  std::vector<std::shared_ptr<Peer>> peers;
  std::map<std::string, net::CloseReason> failures;  // by address
  std::function<void(Peer&)> on_connect;
  Duration last_timeout{};

 private:
  net::EventLoop& loop_;
};

}  // namespace wasmgate::testing
