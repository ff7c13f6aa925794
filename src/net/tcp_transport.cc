#include "net/tcp_transport.h"

#include <sys/socket.h>

#include <cerrno>

namespace wasmgate::net {
namespace {

// Connecting:  on_connected → Open, or failure → Closed
// Open:        read and write; end of input and shut-down of output are flags
// Closed:      no socket

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

}  // namespace

std::string_view to_string(CloseReason reason) {
  switch (reason) {
    case CloseReason::Reset:
      return "reset";
    case CloseReason::ConnectRefused:
      return "connection refused";
    case CloseReason::ConnectTimeout:
      return "connect timeout";
    case CloseReason::TlsFailed:
      return "tls handshake failed";
  }
  return "reset";
}

TcpTransport::TcpTransport(EventLoop& loop, Socket socket, const Address& remote)
    : loop_(loop),
      socket_(std::move(socket)),
      remote_(remote),
      local_(net::local_address(socket_.fd())) {}

TcpTransport::TcpTransport(EventLoop& loop, const Address& remote, Duration connect_timeout,
                           TransportEvents& events)
    : loop_(loop), remote_(remote), events_(&events), state_(State::Connecting) {
  auto socket = start_connect_tcp(remote);
  if (!socket || !loop_.add(socket->fd(), *this)) {
    failed_ = true;
    failure_ = CloseReason::ConnectRefused;
    loop_.next_turn(read_hook_);
    return;
  }
  socket_ = std::move(*socket);
  connect_timer_ = std::make_unique<Timer>(loop_.timers(), [this] { on_connect_timeout(); });
  connect_timer_->arm(connect_timeout);
}

TcpTransport::~TcpTransport() { close(); }

void TcpTransport::set_events(TransportEvents& events) {
  const bool first = events_ == nullptr;
  events_ = &events;
  if (first && !loop_.add(socket_.fd(), *this)) {
    failed_ = true;
    loop_.next_turn(read_hook_);
  }
}

void TcpTransport::on_io(IoEvents events) {
  if (state_ == State::Connecting) {
    on_connect_ready(events);
    if (state_ != State::Open) {
      return;
    }
  }
  if ((events & kWritable) != 0) {
    writable_ = true;
    if (!output_.empty() || shutdown_wanted_) {
      loop_.at_turn_end(flush_hook_);
    }
  }
  if ((events & kBroken) != 0 && paused_ && take_socket_error(socket_.fd()) != 0) {
    break_off(CloseReason::Reset);  // read() would tell, but nobody reads now
    return;
  }
  if ((events & (kPeerClosed | kBroken)) != 0) {
    peer_closed_ = true;
  }
  if ((events & (kReadable | kPeerClosed | kBroken)) != 0) {
    readable_ = true;
    read();
  }
}

void TcpTransport::on_connect_ready(IoEvents events) {
  if ((events & (kWritable | kBroken)) == 0) {
    return;
  }
  if (take_socket_error(socket_.fd()) != 0 || (events & kBroken) != 0) {
    break_off(CloseReason::ConnectRefused);
    return;
  }
  connect_timer_.reset();
  state_ = State::Open;
  local_ = net::local_address(socket_.fd());
  events_->on_connected();
}

void TcpTransport::on_connect_timeout() {
  // Not from inside the timer: the owner may destroy this object's timer with it.
  failed_ = true;
  failure_ = CloseReason::ConnectTimeout;
  loop_.at_turn_end(read_hook_);
}

void TcpTransport::continue_reading() {
  if (failed_) {
    break_off(failure_);
    return;
  }
  if (!kept_.empty() && !paused_) {
    Buffer kept = std::move(kept_);
    reading_ = true;
    give(kept.view());
    reading_ = false;
  }
  read();
}

void TcpTransport::resume() {
  paused_ = false;
  if (!reading_ && (readable_ || !kept_.empty())) {
    loop_.next_turn(read_hook_);
  }
}

void TcpTransport::read() {
  size_t total = 0;
  reading_ = true;
  while (state_ == State::Open && readable_ && !paused_ && kept_.empty()) {
    if (total >= kReadPerTurn) {
      loop_.next_turn(read_hook_);
      break;
    }
    const std::span<char> area = loop_.read_area();
    const ssize_t size = ::recv(socket_.fd(), area.data(), area.size(), 0);
    if (size > 0) {
      // A short read means that the kernel has no more, unless the peer's end is waiting behind it.
      readable_ = static_cast<size_t>(size) == area.size() || peer_closed_;
      total += static_cast<size_t>(size);
      give({area.data(), static_cast<size_t>(size)});
      if (static_cast<size_t>(size) >= BufferPool::kLargeBytes) {
        loop_.hurry();
      }
    } else if (size == 0) {
      readable_ = false;
      end_of_input();
    } else if (would_block(errno)) {
      readable_ = false;
    } else if (errno != EINTR) {
      reading_ = false;
      break_off(CloseReason::Reset);
      return;
    }
  }
  reading_ = false;
}

void TcpTransport::give(std::string_view bytes) {
  const size_t taken = events_->on_data(bytes);
  if (taken < bytes.size() && state_ == State::Open) {
    kept_.append(bytes.substr(taken));
    if (!paused_) {
      pause();  // the owner has had its say; it resumes
    }
  }
}

void TcpTransport::end_of_input() {
  if (!end_given_) {
    end_given_ = true;
    events_->on_end_of_input();
  }
}

void TcpTransport::flush() {
  if (state_ != State::Open) {
    return;
  }
  size_t sent = 0;
  while (!output_.empty() && writable_) {
    const ssize_t size = ::send(socket_.fd(), output_.view().data(), output_.size(), MSG_NOSIGNAL);
    if (size >= 0) {
      const bool all = static_cast<size_t>(size) == output_.size();
      output_.drain(static_cast<size_t>(size));
      sent += static_cast<size_t>(size);
      writable_ = all;  // a short write: the kernel's buffer is full, an edge will come
    } else if (would_block(errno)) {
      writable_ = false;
    } else if (errno != EINTR) {
      break_off(CloseReason::Reset);
      return;
    }
  }
  if (output_.empty() && output_.capacity() > kKeepOutputBlock) {
    loop_.buffers().give(std::move(output_));
  }
  if (output_.empty() && shutdown_wanted_) {
    shutdown_wanted_ = false;
    (void)::shutdown(socket_.fd(), SHUT_WR);
  }
  events_->on_output_progress(sent, output_.size());
}

void TcpTransport::shutdown_output() {
  shutdown_wanted_ = true;
  flush_soon();
}

void TcpTransport::close() {
  if (socket_.valid()) {
    loop_.remove(socket_.fd());
    socket_.reset();
  }
  state_ = State::Closed;
  flush_hook_.unlink();
  read_hook_.unlink();
  if (connect_timer_ != nullptr) {
    connect_timer_->cancel();
  }
  output_.release();
  kept_.release();
}

void TcpTransport::abort() {
  if (socket_.valid()) {
    const linger now{.l_onoff = 1, .l_linger = 0};
    (void)setsockopt(socket_.fd(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }
  close();
}

void TcpTransport::break_off(CloseReason reason) {
  if (state_ == State::Closed) {
    return;
  }
  close();
  events_->on_closed(reason);
}

std::unique_ptr<Transport> TcpConnector::connect(const Address& address, Duration timeout,
                                                 TransportEvents& events) {
  return std::make_unique<TcpTransport>(loop_, address, timeout, events);
}

}  // namespace wasmgate::net
