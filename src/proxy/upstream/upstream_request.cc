#include "proxy/upstream/upstream_request.h"

#include <algorithm>
#include <utility>

namespace wasmgate::proxy {
namespace {

constexpr uint32_t kMaxAttempts = 2;

bool idempotent(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "PUT" ||
         method == "DELETE";
}

}  // namespace

UpstreamRequest::UpstreamRequest(WorkerContext& context, UpstreamRequestEvents& events)
    : context_(context), events_(events), timer_(context.loop.timers(), [this] { on_timeout(); }) {}

void UpstreamRequest::start(Cluster& cluster, const http::HeaderMap& head, bool end_stream,
                            const UpstreamOptions& options) {
  drop();
  cluster_ = &cluster;
  head_ = &head;
  trailers_ = nullptr;
  options_ = options;
  attempts_ = 0;
  avoid_ = nullptr;
  body_sent_ = head_received_ = end_told_ = blocked_ = request_done_ = false;
  if (!cluster.begin_request()) {
    cluster_ = nullptr;
    context_.metrics.add(context_.ids.upstream_overflows);
    events_.on_upstream_failure(UpstreamFailure::Overflow);
    return;
  }
  state_ = State::Waiting;
  if (options.whole_call_timeout && options.timeout > Duration::zero()) {
    timer_.arm(options.timeout);
  }
  if (end_stream) {
    request_complete();
  }
  choose_host();
}

void UpstreamRequest::request_complete() {
  request_done_ = true;
  if (!options_.whole_call_timeout && options_.timeout > Duration::zero()) {
    timer_.arm(options_.timeout);
  }
}

void UpstreamRequest::choose_host() {
  if (cluster_->resolving()) {
    state_ = State::Resolving;
    cluster_->wait_resolved(resolve_waiter_);
    return;
  }
  state_ = State::Waiting;
  host_ = cluster_->choose(avoid_, options_.wanted_host);
  if (host_ == nullptr) {
    fail(cluster_->resolve_failed() ? UpstreamFailure::ResolveFailed
                                    : UpstreamFailure::NoHealthyHost);
    return;
  }
  ++host_->active_requests;
  ++attempts_;
  const ConnectionPool::Acquired acquired = host_->pool.acquire(*this);
  switch (acquired.outcome) {
    case ConnectionPool::Outcome::Ready:
      send(*acquired.connection);
      return;
    case ConnectionPool::Outcome::Waiting:
      return;
    case ConnectionPool::Outcome::Overflow:
      context_.metrics.add(context_.ids.upstream_overflows);
      fail(UpstreamFailure::Overflow);
  }
}

void UpstreamRequest::on_connection_failed(UpstreamFailure failure) {
  cluster_->note_result(*host_, true);
  if (!retry(failure)) {
    fail(failure);
  }
}

void UpstreamRequest::send(ClientConnection& connection) {
  context_.metrics.add(context_.ids.upstream_requests_total);
  events_.on_upstream_sending(*host_, connection);
  const bool whole = request_done_ && waiting_body_.empty() && trailers_ == nullptr;
  state_ = State::Sent;
  connection_ = &connection;
  stream_ = connection.start(*this, *head_, whole);
  if (stream_ == 0) {
    connection_ = nullptr;
    on_failure(UpstreamFailure::Reset);
    return;
  }
  if (!whole) {
    send_waiting_body();
  }
}

void UpstreamRequest::send_waiting_body() {
  const bool end = request_done_ && trailers_ == nullptr;
  if (!waiting_body_.empty() || end) {
    body_sent_ |= !waiting_body_.empty();
    connection_->send_data(stream_, waiting_body_.view(), end);
    waiting_body_.release();
  }
  if (trailers_ != nullptr && connection_ != nullptr) {
    connection_->send_trailers(stream_, *trailers_);
  }
  set_blocked(connection_ != nullptr && connection_->blocked(stream_));
}

void UpstreamRequest::send_data(Buffer& data, bool end_stream) {
  if (state_ == State::Idle || end_told_) {
    data.clear();
    return;
  }
  if (end_stream) {
    request_complete();
  }
  if (connection_ == nullptr) {
    waiting_body_.append(std::move(data));
    set_blocked(waiting_body_.size() > context_.settings.limits.buffer_high_watermark_bytes);
    return;
  }
  body_sent_ |= !data.empty();
  connection_->send_data(stream_, data.view(), end_stream);
  data.clear();
}

void UpstreamRequest::send_trailers(const http::HeaderMap& trailers) {
  if (state_ == State::Idle || end_told_) {
    return;
  }
  trailers_ = &trailers;
  request_complete();
  if (connection_ != nullptr) {
    connection_->send_trailers(stream_, trailers);
  }
}

void UpstreamRequest::pause_response() {
  if (connection_ != nullptr && !end_told_) {
    connection_->pause(stream_);
  }
}

void UpstreamRequest::resume_response() {
  if (connection_ != nullptr && !end_told_) {
    connection_->resume(stream_);
  }
}

// ---- the response ----

void UpstreamRequest::on_response_head(http::HeaderMap&& headers, bool end_stream) {
  head_received_ = true;
  response_left_ = http::content_length_of(headers).value_or(UINT64_MAX);
  cluster_->note_result(*host_, http::status_of(headers) >= 500);
  end_told_ = end_stream;
  if (end_stream) {
    timer_.cancel();
  }
  events_.on_upstream_head(std::move(headers), end_stream);
}

void UpstreamRequest::on_response_data(std::string_view data) {
  bool end = false;
  if (response_left_ != UINT64_MAX) {
    response_left_ -= std::min<uint64_t>(response_left_, data.size());
    end = response_left_ == 0;
  }
  if (end) {
    end_told_ = true;
    timer_.cancel();
  }
  events_.on_upstream_data(data, end);
}

void UpstreamRequest::on_response_trailers(http::HeaderMap&& trailers) {
  end_told_ = true;
  timer_.cancel();
  events_.on_upstream_trailers(std::move(trailers));
}

void UpstreamRequest::on_response_end() {
  const bool tell = !end_told_;
  connection_ = nullptr;
  finish();
  if (tell) {
    events_.on_upstream_data({}, true);
  }
}

void UpstreamRequest::on_failure(UpstreamFailure failure) {
  connection_ = nullptr;
  if (end_told_) {  // the message was whole; only its connection is lost
    finish();
    return;
  }
  if (!head_received_) {
    cluster_->note_result(*host_, true);
  }
  if (retry(failure)) {
    return;
  }
  context_.metrics.add(context_.ids.upstream_resets);
  fail(failure);
}

void UpstreamRequest::on_send_blocked(bool blocked) { set_blocked(blocked); }

void UpstreamRequest::set_blocked(bool blocked) {
  if (blocked != blocked_) {
    blocked_ = blocked;
    events_.on_upstream_blocked(blocked);
  }
}

// ---- the end ----

bool UpstreamRequest::may_retry(UpstreamFailure failure) const {
  if (attempts_ >= kMaxAttempts || head_received_) {
    return false;
  }
  if (never_connected(failure)) {
    return true;
  }
  return failure == UpstreamFailure::Reset && options_.retry_after_reset && !body_sent_ &&
         idempotent(head_->get(http::kMethod).value_or(""));
}

bool UpstreamRequest::retry(UpstreamFailure failure) {
  if (!may_retry(failure) || (!in_retry_budget_ && !cluster_->begin_retry())) {
    return false;
  }
  in_retry_budget_ = true;
  context_.metrics.add(context_.ids.upstream_retries);
  avoid_ = host_;
  leave_host();
  choose_host();
  return true;
}

void UpstreamRequest::leave_host() {
  if (host_ != nullptr) {
    --host_->active_requests;
    host_ = nullptr;
  }
}

void UpstreamRequest::on_timeout() {
  context_.metrics.add(context_.ids.upstream_timeouts);
  fail(UpstreamFailure::Timeout);
}

void UpstreamRequest::fail(UpstreamFailure failure) {
  cancel();
  events_.on_upstream_failure(failure);
}

void UpstreamRequest::cancel() {
  if (end_told_ && connection_ != nullptr) {
    return;  // the connection is about to report the end
  }
  drop();
}

void UpstreamRequest::drop() {
  if (state_ == State::Idle) {
    return;
  }
  leave_queue();
  resolve_waiter_.unlink();
  if (connection_ != nullptr) {
    ClientConnection* connection = std::exchange(connection_, nullptr);
    connection->reset(stream_);
  }
  finish();
}

void UpstreamRequest::finish() {
  state_ = State::Idle;
  timer_.cancel();
  leave_host();
  if (in_retry_budget_) {
    in_retry_budget_ = false;
    cluster_->end_retry();
  }
  if (cluster_ != nullptr) {
    cluster_->end_request();
    cluster_ = nullptr;
  }
  waiting_body_.release();
}

}  // namespace wasmgate::proxy
