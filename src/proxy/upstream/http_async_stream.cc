#include "proxy/upstream/http_async_stream.h"

#include <utility>

namespace wasmgate::proxy {

HttpAsyncStream::HttpAsyncStream(WorkerContext& context, Cluster& cluster,
                                 AsyncStreamRequest request, AsyncStreamEvents& events)
    : context_(context),
      cluster_(cluster),
      sent_(std::move(request)),
      events_(events),
      request_(context, *this) {}

void HttpAsyncStream::start() {
  const UpstreamOptions options{.timeout = sent_.timeout,
                                .whole_call_timeout = true,
                                .retry_after_reset = false,
                                .wanted_host = {}};
  request_.start(*cluster_.get(), sent_.headers, false, options);
}

void HttpAsyncStream::send(std::string_view data, bool end_stream) {
  if (end_sent_ || failed_) {
    return;
  }
  end_sent_ = end_stream;
  if (!blocked_) {
    Buffer bytes(data);
    request_.send_data(bytes, end_stream);
    return;
  }
  held_.append(data);
  held_end_ = end_stream;
  if (held_.size() > sent_.waiting_limit_bytes) {
    request_.cancel();
    fail(Error(ErrorCode::LimitExceeded, "too much waits to be sent", ErrorSource::Upstream));
  }
}

void HttpAsyncStream::send_held() {
  if (!blocked_ && !failed_ && (!held_.empty() || held_end_)) {
    request_.send_data(held_, std::exchange(held_end_, false));
    held_.clear();
  }
}

// ---- what the upstream tells ----

void HttpAsyncStream::on_upstream_head(http::HeaderMap&& headers, bool end_stream) {
  queue(Head{std::move(headers), end_stream});
}

void HttpAsyncStream::on_upstream_data(std::string_view data, bool end_stream) {
  queue(Data{std::string(data), end_stream});
}

void HttpAsyncStream::on_upstream_trailers(http::HeaderMap&& trailers) {
  queue(Trailers{std::move(trailers)});
}

void HttpAsyncStream::on_upstream_failure(UpstreamFailure failure) {
  fail(Error(code_of(failure), std::string(to_string(failure)), ErrorSource::Upstream));
}

void HttpAsyncStream::on_upstream_blocked(bool blocked) {
  blocked_ = blocked;
  if (!blocked) {
    context_.loop.next_turn(run_);  // the connection is in the middle of something
  }
}

void HttpAsyncStream::fail(Error error) {
  if (!failed_) {
    failed_ = true;
    held_.release();
    context_.metrics.add(context_.ids.async_call_failures);
    queue(std::move(error));
  }
}

void HttpAsyncStream::queue(Event event) {
  queue_.push_back(std::move(event));
  context_.loop.next_turn(run_);
}

// ---- handing on ----

void HttpAsyncStream::run() {
  const std::shared_ptr<bool> alive = alive_;
  while (!queue_.empty()) {
    Event event = std::move(queue_.front());
    queue_.pop_front();
    tell(event);
    if (!*alive) {
      return;
    }
  }
  send_held();
}

void HttpAsyncStream::tell(Event& event) {
  if (auto* head = std::get_if<Head>(&event)) {
    events_.on_stream_head(head->headers, head->end_stream);
  } else if (auto* data = std::get_if<Data>(&event)) {
    events_.on_stream_data(data->bytes, data->end_stream);
  } else if (auto* trailers = std::get_if<Trailers>(&event)) {
    events_.on_stream_trailers(trailers->trailers);
  } else {
    events_.on_stream_failure(std::get<Error>(event));
  }
}

}  // namespace wasmgate::proxy
