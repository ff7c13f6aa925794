#include "proxy/upstream/http_async_client.h"

#include <fmt/format.h>

#include "http/rules/head_checks.h"
#include "proxy/upstream/http_async_stream.h"

namespace wasmgate::proxy {
namespace {

class Call final : public AsyncCall, private UpstreamRequestEvents {
 public:
  Call(WorkerContext& context, Cluster& cluster, AsyncRequest request, AsyncClient::Handler handler)
      : context_(context),
        cluster_(cluster),
        sent_(std::move(request)),
        handler_(std::move(handler)),
        request_(context, *this) {}

  void start() {
    const bool body = !sent_.body.empty();
    const bool trailers = !sent_.trailers.empty();
    const UpstreamOptions options{.timeout = sent_.timeout,
                                  .whole_call_timeout = true,
                                  .retry_after_reset = false,
                                  .wanted_host = {}};
    request_.start(*cluster_.get(), sent_.headers, !body && !trailers, options);
    if (body) {
      Buffer data(sent_.body);
      request_.send_data(data, !trailers);
    }
    if (trailers) {
      request_.send_trailers(sent_.trailers);
    }
  }

 private:
  void on_upstream_sending(const Host&, const ClientConnection&) override {}
  void on_upstream_head(http::HeaderMap&& headers, bool end_stream) override {
    response_.headers = std::move(headers);
    if (end_stream) {
      succeed();
    }
  }
  void on_upstream_data(std::string_view data, bool end_stream) override {
    if (done_) {
      return;
    }
    if (response_.body.size() + data.size() > sent_.response_limit_bytes) {
      request_.cancel();
      fail_with(Error(ErrorCode::LimitExceeded, "response too large", ErrorSource::Upstream));
      return;
    }
    response_.body.append(data);
    if (end_stream) {
      succeed();
    }
  }
  void on_upstream_trailers(http::HeaderMap&& trailers) override {
    response_.trailers = std::move(trailers);
    succeed();
  }
  void on_upstream_failure(UpstreamFailure failure) override {
    fail_with(Error(code_of(failure), std::string(to_string(failure)), ErrorSource::Upstream));
  }
  void on_upstream_blocked(bool) override {}  // the whole body is here already

  void succeed() {
    done_ = true;
    context_.loop.next_turn(deliver_);
  }
  void fail_with(Error error) {
    if (!done_) {
      done_ = true;
      error_ = std::move(error);
      context_.metrics.add(context_.ids.async_call_failures);
      context_.loop.next_turn(deliver_);
    }
  }

  // The handler may destroy this object: nothing is touched after it.
  void deliver() {
    const AsyncClient::Handler handler = std::move(handler_);
    if (error_) {
      handler(tl::unexpected<Error>(std::move(*error_)));
    } else {
      handler(std::move(response_));
    }
  }

  WorkerContext& context_;
  ClusterRef cluster_;
  AsyncRequest sent_;
  AsyncClient::Handler handler_;
  AsyncResponse response_;
  std::optional<Error> error_;
  bool done_ = false;
  net::MethodHook<Call, &Call::deliver> deliver_{*this};
  UpstreamRequest request_;
};

void add_scheme(http::HeaderMap& headers) {
  if (!headers.contains(http::kScheme)) {
    headers.set(http::kScheme, "http");
  }
}

}  // namespace

Result<std::unique_ptr<AsyncCall>> HttpAsyncClient::send(AsyncRequest request, Handler handler) {
  Cluster* cluster = clusters_.find(request.cluster);
  if (cluster == nullptr) {
    return fail(ErrorCode::NotFound, fmt::format("there is no cluster \"{}\"", request.cluster));
  }
  add_scheme(request.headers);
  request.headers.remove(http::kContentLength);
  if (!request.body.empty() && request.trailers.empty()) {
    request.headers.set(http::kContentLength, std::to_string(request.body.size()));
  }
  if (const http::Refusal refusal = http::check_request_head_for_encoding(request.headers)) {
    return fail(ErrorCode::InvalidArgument, std::string(refusal.reason));
  }
  if (const http::Refusal refusal = http::check_trailers_for_encoding(request.trailers)) {
    return fail(ErrorCode::InvalidArgument, std::string(refusal.reason));
  }
  context_.metrics.add(context_.ids.async_calls_total);
  auto call = std::make_unique<Call>(context_, *cluster, std::move(request), std::move(handler));
  call->start();
  return std::unique_ptr<AsyncCall>(std::move(call));
}

Result<std::unique_ptr<AsyncStream>> HttpAsyncClient::open(AsyncStreamRequest request,
                                                           AsyncStreamEvents& events) {
  Cluster* cluster = clusters_.find(request.cluster);
  if (cluster == nullptr) {
    return fail(ErrorCode::NotFound, fmt::format("there is no cluster \"{}\"", request.cluster));
  }
  if (!cluster->http2()) {
    return fail(ErrorCode::Unsupported,
                fmt::format("cluster \"{}\" does not speak HTTP/2", request.cluster));
  }
  add_scheme(request.headers);
  if (const http::Refusal refusal = http::check_request_head_for_encoding(request.headers)) {
    return fail(ErrorCode::InvalidArgument, std::string(refusal.reason));
  }
  context_.metrics.add(context_.ids.async_calls_total);
  auto stream = std::make_unique<HttpAsyncStream>(context_, *cluster, std::move(request), events);
  stream->start();
  return std::unique_ptr<AsyncStream>(std::move(stream));
}

std::vector<std::pair<std::string, bool>> HttpAsyncClient::endpoints(
    std::string_view cluster) const {
  std::vector<std::pair<std::string, bool>> out;
  if (const Cluster* found = clusters_.find(cluster)) {
    for (const auto& host : found->hosts()) {
      out.emplace_back(host->text, !host->ejected());
    }
  }
  return out;
}

}  // namespace wasmgate::proxy
