#include "proxy/upstream/client_connection.h"

#include "http/http1/http1_client_codec.h"
#include "http/http2/http2_client_codec.h"

namespace wasmgate::proxy {
namespace {

constexpr size_t kRequestFramingBytes = 64;

std::unique_ptr<http::ClientCodec> make_codec(WorkerContext& context,
                                              http::ClientCodecEvents& events, bool http2) {
  return http2 ? http::make_http2_client_codec(events, context.response_limits,
                                               context.http2_limits, context.loop.clock())
               : http::make_http1_client_codec(events, context.response_limits);
}

}  // namespace

ClientConnection::ClientConnection(WorkerContext& context, ClientConnectionOwner& owner,
                                   const net::Address& address, bool http2)
    : context_(context),
      owner_(owner),
      codec_(make_codec(context, *this, http2)),
      idle_timer_(context.loop.timers(), [this] { drain(); }),
      http2_(http2) {
  transport_ =
      context.services.connector.connect(address, context.settings.timeouts.connect, *this);
  context_.metrics.add(context_.ids.upstream_connections_total);
  context_.metrics.add(context_.ids.upstream_connections_active);
}

bool ClientConnection::available() const {
  return connected_ && !closed_ && !draining_ && !unusable_ && !feeding_ &&
         streams_.size() < codec_->concurrency() && codec_->reusable();
}

http::StreamId ClientConnection::start(ClientStreamEvents& events, const http::HeaderMap& headers,
                                       bool end_stream) {
  idle_timer_.cancel();
  const http::StreamId id = codec_->write_head(headers, end_stream, transport_->output());
  if (id == 0) {
    return 0;
  }
  streams_.push_back({.id = id, .events = &events, .request_done = end_stream});
  ++requests_;
  flush();
  update_blocked(streams_.back());
  return id;
}

void ClientConnection::send_data(http::StreamId stream, std::string_view data, bool end_stream) {
  Stream* found = find(stream);
  if (found == nullptr) {
    return;
  }
  found->request_done |= end_stream;
  context_.loop.buffers().make_room(transport_->output(), data.size() + kRequestFramingBytes);
  codec_->write_data(stream, data, end_stream, transport_->output());
  flush();
  if (Stream* still = find(stream)) {
    update_blocked(*still);
  }
}

void ClientConnection::send_trailers(http::StreamId stream, const http::HeaderMap& trailers) {
  Stream* found = find(stream);
  if (found == nullptr) {
    return;
  }
  found->request_done = true;
  codec_->write_trailers(stream, trailers, transport_->output());
  flush();
}

void ClientConnection::reset(http::StreamId stream) {
  if (remove(stream) == nullptr || closed_) {
    return;
  }
  if (!codec_->reset(stream, transport_->output())) {
    unusable_ = true;
    if (!feeding_) {
      close(UpstreamFailure::Reset);
    }
    return;
  }
  flush();
  freed_ = true;
  if (!feeding_) {
    after_input();
  }
}

void ClientConnection::pause(http::StreamId stream) {
  codec_->pause(stream);
  if (!http2_) {
    transport_->pause();
    paused_ = true;
  }
}

void ClientConnection::resume(http::StreamId stream) {
  codec_->resume(stream);
  if (http2_) {
    codec_->flush(transport_->output());
    flush();
    return;
  }
  paused_ = false;
  transport_->resume();
}

void ClientConnection::drain() {
  draining_ = true;
  if (streams_.empty() && !feeding_) {
    close(UpstreamFailure::Reset);
  }
}

void ClientConnection::close(UpstreamFailure reason) {
  if (closed_) {
    return;
  }
  closed_ = true;
  context_.metrics.add(context_.ids.upstream_connections_active, -1);
  idle_timer_.cancel();
  lost_hook_.unlink();
  transport_->close();
  auto streams = std::move(streams_);
  streams_.clear();
  for (const Stream& stream : streams) {
    stream.events->on_failure(reason);
  }
  owner_.on_closed(*this, connected_, reason);
}

// ---- transport ----

void ClientConnection::on_connected() {
  connected_ = true;
  local_text_ = transport_->local_address().to_string();
  owner_.on_connected(*this);
}

size_t ClientConnection::on_data(std::string_view bytes) {
  feeding_ = true;
  size_t taken = codec_->feed(bytes, transport_->output());
  feeding_ = false;
  if (taken < bytes.size() && streams_.empty()) {
    unusable_ = true;  // bytes that belong to no response
    taken = bytes.size();
  }
  after_input();
  return taken;
}

// After the codec has seen everything that arrived: closes what is of no use, offers what is free.
void ClientConnection::after_input() {
  if (closed_) {
    return;
  }
  if (lost_) {
    close(UpstreamFailure::Protocol);
    return;
  }
  if (streams_.empty() && (unusable_ || draining_ || !codec_->reusable())) {
    close(UpstreamFailure::Reset);
    return;
  }
  if (!transport_->output().empty()) {
    flush();
  }
  if (http2_) {
    check_watermark();
  }
  if (!freed_) {
    return;
  }
  freed_ = false;
  if (paused_) {  // for a request that is gone
    paused_ = false;
    transport_->resume();
  }
  if (available()) {
    if (streams_.empty()) {
      idle_timer_.arm(context_.settings.timeouts.pool_idle);
    }
    owner_.on_available(*this);
  }
}

void ClientConnection::on_end_of_input() {
  feeding_ = at_eof_ = true;
  codec_->on_eof();  // ends a response that ends with the connection, or tells that one was cut
  feeding_ = false;
  close(UpstreamFailure::Reset);
}

void ClientConnection::on_output_progress(size_t, size_t) {
  if (codec_->wants_flush()) {
    codec_->flush(transport_->output());
    transport_->flush_soon();
  }
  if (send_blocked_ || http2_) {
    check_watermark();
  }
}

void ClientConnection::on_closed(net::CloseReason reason) { close(failure_of(reason)); }

void ClientConnection::flush() {
  transport_->flush_soon();
  if (!http2_) {  // HTTP/2 looks at each stream, after input and output
    check_watermark();
  }
}

void ClientConnection::check_watermark() {
  const size_t high = context_.settings.limits.buffer_high_watermark_bytes;
  const size_t pending = transport_->output().size();
  const bool changed = send_blocked_ ? pending <= high / 2 : pending > high;
  send_blocked_ ^= changed;
  if (changed || http2_) {
    for (size_t i = 0; i < streams_.size(); ++i) {
      update_blocked(streams_[i]);
    }
  }
}

void ClientConnection::update_blocked(Stream& stream) {
  if (http2_) {
    const size_t high = context_.settings.limits.buffer_high_watermark_bytes;
    const size_t waiting = codec_->buffered(stream.id);
    stream.window_blocked = waiting > (stream.window_blocked ? high / 2 : high);
  }
  const bool now = send_blocked_ || stream.window_blocked;
  if (now != stream.blocked) {
    stream.blocked = now;
    stream.events->on_send_blocked(now);
  }
}

bool ClientConnection::blocked(http::StreamId stream) {
  const Stream* found = find(stream);
  return found != nullptr && found->blocked;
}

void ClientConnection::close_lost() { close(UpstreamFailure::Protocol); }

// ---- codec ----

ClientConnection::Stream* ClientConnection::find(http::StreamId stream) {
  for (Stream& s : streams_) {
    if (s.id == stream) {
      return &s;
    }
  }
  return nullptr;
}

ClientStreamEvents* ClientConnection::remove(http::StreamId stream) {
  Stream* found = find(stream);
  if (found == nullptr) {
    return nullptr;
  }
  ClientStreamEvents* events = found->events;
  *found = streams_.back();
  streams_.pop_back();
  return events;
}

void ClientConnection::on_response_head(http::StreamId stream, http::HeaderMap&& headers,
                                        bool end_stream) {
  if (Stream* found = find(stream)) {
    found->events->on_response_head(std::move(headers), end_stream);
  }
}

void ClientConnection::on_response_data(http::StreamId stream, std::string_view data) {
  if (Stream* found = find(stream)) {
    found->events->on_response_data(data);
  }
}

void ClientConnection::on_response_trailers(http::StreamId stream, http::HeaderMap&& trailers) {
  if (Stream* found = find(stream)) {
    found->events->on_response_trailers(std::move(trailers));
  }
}

void ClientConnection::on_response_end(http::StreamId stream) {
  Stream* found = find(stream);
  if (found == nullptr) {
    return;
  }
  if (!found->request_done) {  // answered before it had the whole request
    if (http2_) {
      codec_->reset(stream, transport_->output());
    } else {
      unusable_ = true;  // what follows is not clear
    }
  }
  ClientStreamEvents* events = remove(stream);
  freed_ = true;
  events->on_response_end();
}

void ClientConnection::on_stream_reset(http::StreamId stream) {
  fail_stream(stream, UpstreamFailure::Reset);
}

void ClientConnection::on_refusal(http::StreamId stream, const http::Refusal& refusal) {
  if (stream == 0) {
    lost_ = true;
    if (!feeding_) {
      context_.loop.at_turn_end(lost_hook_);
    }
  }
  unusable_ |= !http2_ || !codec_->reusable();
  context_.services.logger.debug("upstream {}: {}", transport_->remote_address().to_string(),
                                 refusal.reason);
  fail_stream(stream, at_eof_ ? UpstreamFailure::Reset : UpstreamFailure::Protocol);
}

void ClientConnection::fail_stream(http::StreamId stream, UpstreamFailure failure) {
  if (ClientStreamEvents* events = remove(stream)) {
    freed_ = true;
    events->on_failure(failure);
  }
}

}  // namespace wasmgate::proxy
