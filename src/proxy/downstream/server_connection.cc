#include "proxy/downstream/server_connection.h"

#include <algorithm>

#include "http/http1/head_writer.h"
#include "http/http1/http1_server_codec.h"

namespace wasmgate::proxy {
namespace {

constexpr std::chrono::milliseconds kLingerTime{1000};
constexpr size_t kLingerBytes = 64 * 1024;
constexpr std::chrono::seconds kRateWindow{10};
constexpr size_t kResponseFramingBytes = 64;

}  // namespace

ServerConnection::ServerConnection(WorkerContext& context, ServerConnectionOwner& owner,
                                   std::unique_ptr<net::Transport> transport)
    : context_(context),
      owner_(owner),
      transport_(std::move(transport)),
      codec_(http::make_http1_server_codec(*this, context.request_limits)),
      id_(context.next_connection_id++),
      local_text_(transport_->local_address().to_string()),
      remote_text_(transport_->remote_address().to_string()),
      wait_timer_(context.loop.timers(), [this] { on_wait_timeout(); }),
      stall_timer_(context.loop.timers(), [this] { close("downstream_write_stalled"); }),
      rate_timer_(context.loop.timers(), [this] { on_rate_check(); }) {
  wait_timer_.arm(context_.settings.timeouts.request_head);
  head_timer_on_ = true;
  if (context_.draining) {
    codec_->drain(transport_->output());
  }
  transport_->set_events(*this);
}

void ServerConnection::drain() {
  if (state_ != State::Open) {
    return;
  }
  codec_->drain(transport_->output());
  if (streams_.empty() && codec_->finished()) {
    close_after_flush();
  }
}

void ServerConnection::close(std::string_view details) {
  if (state_ == State::Closed) {
    return;
  }
  state_ = State::Closed;
  wait_timer_.cancel();
  stall_timer_.cancel();
  rate_timer_.cancel();
  while (!streams_.empty()) {
    streams_.back()->on_client_gone(details);  // comes back as on_stream_ended
  }
  abort_at_close_ ? transport_->abort() : transport_->close();
  owner_.on_closed(*this);
}

// ---- transport ----

size_t ServerConnection::on_data(std::string_view bytes) {
  if (state_ == State::Lingering) {
    lingered_bytes_ += bytes.size();
    if (lingered_bytes_ > kLingerBytes) {
      close("linger_limit");
    }
    return bytes.size();
  }
  if (state_ != State::Open) {
    return bytes.size();
  }
  size_t used = 0;
  feeding_ = true;
  while (
      used <
      bytes.size()) {  // again while a response that is complete already lets the next request in
    const size_t step = codec_->feed(bytes.substr(used));
    used += step;
    if (step == 0 || state_ != State::Open) {
      break;
    }
  }
  feeding_ = false;
  if (state_ == State::Open) {
    after_progress();
  }
  return state_ == State::Open ? used : bytes.size();
}

// After requests have come in or responses have ended: what does the connection wait for now?
void ServerConnection::after_progress() {
  if (codec_->finished()) {
    if (streams_.empty()) {
      close_after_flush();
    }
    return;
  }
  if (!streams_.empty()) {
    return;
  }
  if (codec_->idle()) {
    head_timer_on_ = false;
    wait_timer_.arm(context_.settings.timeouts.idle_connection);
  } else if (!head_timer_on_) {
    head_timer_on_ = true;
    wait_timer_.arm(context_.settings.timeouts.request_head);
  }
}

void ServerConnection::on_end_of_input() {
  if (state_ == State::Flushing) {
    input_ended_ = true;  // the last bytes may still be taken
    return;
  }
  close("downstream_remote_disconnect");
}

void ServerConnection::on_output_progress(size_t sent, size_t pending) {
  if (pending == 0) {
    stall_timer_.cancel();
    if (state_ == State::Flushing) {
      linger();
      return;
    }
  } else if (sent > 0 || !stall_timer_.armed()) {
    stall_timer_.arm(context_.settings.timeouts.stalled_write);
  }
  if (send_blocked_) {
    check_watermark();
  }
}

void ServerConnection::on_closed(net::CloseReason) { close("downstream_remote_disconnect"); }

// ---- codec ----

void ServerConnection::on_request_head(http::StreamId stream, http::HeaderMap&& headers,
                                       const http::RequestFacts& facts) {
  wait_timer_.cancel();
  head_timer_on_ = false;
  const SnapshotRef& snapshot = owner_.snapshot();
  if (!snapshot) {
    filter::LocalReply reply = filter::reply_for(filter::FailureKind::NoHealthyEndpoint);
    reply.details = "no_configuration";
    http::HeaderMap head;
    const std::string_view body = filter::write_local_reply(reply, &headers, head);
    write_head(stream, head, body.empty());
    write_data(stream, body, true);
    return;
  }
  streams_.push_back(owner_.streams().take());
  streams_.back()->begin(*this, stream, snapshot, std::move(headers), facts);
  if (!facts.end_stream && find(stream) != nullptr) {
    watch_body_rate();
  }
}

void ServerConnection::on_request_data(http::StreamId stream, std::string_view data) {
  body_bytes_ += data.size();
  if (ServerStream* found = find(stream)) {
    found->on_data(data);
  }
}

void ServerConnection::on_request_trailers(http::StreamId stream, http::HeaderMap&& trailers) {
  if (ServerStream* found = find(stream)) {
    found->on_trailers(std::move(trailers));
  }
}

void ServerConnection::on_request_end(http::StreamId stream) {
  if (ServerStream* found = find(stream)) {
    found->on_end();
  }
}

void ServerConnection::on_stream_reset(http::StreamId stream) {
  if (ServerStream* found = find(stream)) {
    found->on_client_gone("downstream_stream_reset");
  }
}

void ServerConnection::on_refusal(http::StreamId stream, const http::Refusal& refusal) {
  context_.metrics.add(context_.ids.refusals);
  ServerStream* found = stream == 0 ? nullptr : find(stream);
  if (found != nullptr) {
    found->on_refusal(refusal);
  } else if (stream == 0) {
    answer_refusal(filter::reply_for(refusal));
  } else {
    close_after_flush();  // answered already; the rest of its request is broken
  }
}

// An answer to what never became a request.
void ServerConnection::answer_refusal(const filter::LocalReply& reply) {
  http::HeaderMap head;
  const std::string_view body = filter::write_local_reply(reply, nullptr, head);
  codec_->write_head(0, head, body.empty(), transport_->output());
  if (!body.empty()) {
    codec_->write_data(0, body, true, transport_->output());
  }
  log_unborn(reply, head);
  close_after_flush();
}

void ServerConnection::log_unborn(const filter::LocalReply& reply, const http::HeaderMap& head) {
  filter::StreamInfo info;
  info.connection_id = id_;
  info.start_wall = context_.loop.clock().wall_now();
  info.start = info.end = context_.now();
  info.downstream_remote_address = remote_text_;
  info.downstream_local_address = local_text_;
  info.response_code = reply.status;
  info.response_code_details = reply.details;
  info.add_flag(reply.flags.empty() ? "DPE" : reply.flags);
  context_.metrics.add(context_.ids.response_class(reply.status));
  owner_.log_refusal(info, head);
}

// ---- what streams ask ----

ServerStream* ServerConnection::find(http::StreamId stream) {
  for (auto& s : streams_) {
    if (s->id() == stream) {
      return s.get();
    }
  }
  return nullptr;
}

void ServerConnection::write_head(http::StreamId stream, const http::HeaderMap& headers,
                                  bool end_stream) {
  if (context_.draining) {
    codec_->drain(transport_->output());
  }
  codec_->write_head(stream, headers, end_stream, transport_->output());
  flush();
}

void ServerConnection::write_data(http::StreamId stream, std::string_view data, bool end_stream) {
  context_.loop.buffers().make_room(transport_->output(), data.size() + kResponseFramingBytes);
  codec_->write_data(stream, data, end_stream, transport_->output());
  flush();
}

void ServerConnection::write_trailers(http::StreamId stream, const http::HeaderMap& trailers) {
  codec_->write_trailers(stream, trailers, transport_->output());
  flush();
}

void ServerConnection::write_continue(http::StreamId stream) {
  codec_->write_interim(stream, 100, transport_->output());
  flush();
}

void ServerConnection::pause(http::StreamId stream) {
  codec_->pause(stream);
  transport_->pause();
}

void ServerConnection::resume(http::StreamId stream) {
  codec_->resume(stream);
  transport_->resume();
  body_bytes_ = UINT64_MAX / 2;  // the pause was ours: this window does not count
}

void ServerConnection::reset(http::StreamId stream, bool must_break) {
  if (codec_->reset(stream, transport_->output())) {
    flush();
    return;
  }
  abort_at_close_ = must_break;
  close_after_flush();
}

void ServerConnection::on_stream_ended(http::StreamId stream) {
  const auto found = std::find_if(streams_.begin(), streams_.end(),
                                  [&](const auto& s) { return s->id() == stream; });
  if (found == streams_.end()) {
    return;
  }
  owner_.streams().give_back(std::move(*found));
  streams_.erase(found);
  rate_timer_.cancel();
  if (state_ != State::Open) {
    return;
  }
  if (!feeding_) {
    after_progress();
  }
  if (state_ == State::Open) {
    transport_->resume();  // the next request may be waiting
  }
}

// ---- output and the end ----

void ServerConnection::flush() {
  transport_->flush_soon();
  check_watermark();
}

void ServerConnection::check_watermark() {
  const size_t high = context_.settings.limits.buffer_high_watermark_bytes;
  const size_t pending = transport_->output().size();
  if (send_blocked_ ? pending > high / 2 : pending <= high) {
    return;
  }
  send_blocked_ = !send_blocked_;
  for (size_t i = 0; i < streams_.size(); ++i) {
    streams_[i]->on_send_blocked(send_blocked_);
  }
}

void ServerConnection::close_after_flush() {
  if (state_ != State::Open) {
    return;
  }
  state_ = State::Flushing;
  wait_timer_.cancel();
  rate_timer_.cancel();
  stall_timer_.arm(context_.settings.timeouts.stalled_write);
  transport_->resume();
  abort_at_close_ ? transport_->flush_soon() : transport_->shutdown_output();
}

// The client may still be sending: a close now could destroy the answer on its way, so what comes
// is read and dropped for a while.
void ServerConnection::linger() {
  if (input_ended_ || abort_at_close_) {
    close("closed_after_response");
    return;
  }
  state_ = State::Lingering;
  stall_timer_.cancel();
  wait_timer_.arm(kLingerTime);
}

// ---- watching the client ----

void ServerConnection::on_wait_timeout() {
  if (state_ != State::Open || !head_timer_on_) {
    close("idle_timeout");
    return;
  }
  head_timer_on_ = false;
  if (codec_->idle()) {
    close("idle_timeout");  // not one byte has come
    return;
  }
  answer_head_timeout();
}

// The codec has no message that it could answer; so the head is written here.
void ServerConnection::answer_head_timeout() {
  const filter::LocalReply reply = filter::reply_for(filter::FailureKind::RequestHeadTimeout);
  http::HeaderMap head;
  filter::write_local_reply(reply, nullptr, head);
  http::write_response_head(head, reply.status, {.content_length = 0}, http::ConnectionField::Close,
                            transport_->output());
  log_unborn(reply, head);
  close_after_flush();
}

void ServerConnection::watch_body_rate() {
  if (context_.settings.timeouts.body_min_rate_bytes_per_second != 0) {
    body_bytes_ = 0;
    rate_timer_.arm(kRateWindow);
  }
}

void ServerConnection::on_rate_check() {
  const uint64_t wanted =
      context_.settings.timeouts.body_min_rate_bytes_per_second * kRateWindow.count();
  ServerStream* receiving = nullptr;
  for (auto& stream : streams_) {
    if (!stream->request_complete()) {
      receiving = stream.get();
    }
  }
  if (receiving == nullptr) {
    return;
  }
  if (body_bytes_ < wanted && !receiving->request_paused()) {
    receiving->on_body_too_slow();
    return;
  }
  watch_body_rate();
}

}  // namespace wasmgate::proxy
