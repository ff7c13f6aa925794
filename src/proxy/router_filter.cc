#include "proxy/router_filter.h"

namespace wasmgate::proxy {
namespace {

using filter::FailureKind;

FailureKind kind_of(UpstreamFailure failure) {
  switch (failure) {
    case UpstreamFailure::NoCluster:
    case UpstreamFailure::NoHealthyHost:
    case UpstreamFailure::ResolveFailed:
      return FailureKind::NoHealthyEndpoint;
    case UpstreamFailure::Overflow:
      return FailureKind::Overload;
    case UpstreamFailure::ConnectRefused:
    case UpstreamFailure::ConnectTimeout:
    case UpstreamFailure::TlsFailed:
      return FailureKind::ConnectFailed;
    case UpstreamFailure::Reset:
      return FailureKind::UpstreamReset;
    case UpstreamFailure::Protocol:
      return FailureKind::UpstreamProtocol;
    case UpstreamFailure::Timeout:
      return FailureKind::RouteTimeout;
  }
  return FailureKind::UpstreamReset;
}

}  // namespace

void RouterFilter::send_head(Cluster* cluster, bool routed, const http::HeaderMap& head,
                             bool end_stream, Duration timeout) {
  filter::StreamInfo& info = owner_.info();
  if (cluster == nullptr) {
    owner_.chain().send_local_reply(
        reply_for(routed ? FailureKind::NoHealthyEndpoint : FailureKind::NoRoute));
    return;
  }
  info.cluster_endpoints = static_cast<uint32_t>(cluster->endpoints());
  request_.start(*cluster, head, end_stream,
                 {.timeout = timeout, .wanted_host = info.upstream_override_host});
}

void RouterFilter::abandon() {
  request_.cancel();
  on_upstream_blocked(false);
}

void RouterFilter::on_upstream_sending(const Host& host, const ClientConnection& connection) {
  filter::StreamInfo& info = owner_.info();
  http::HeaderMap& keeper =
      *owner_.chain()
           .request_headers();  // host and connection may be gone before the log is written
  info.upstream_address = keeper.store(host.text);
  info.upstream_port = host.address.port();
  info.upstream_local_address = keeper.store(connection.local_address());
  info.upstream_start = context_.now();
  info.upstream_attempts = request_.attempts();
}

void RouterFilter::on_upstream_head(http::HeaderMap&& headers, bool end_stream) {
  filter::StreamInfo& info = owner_.info();
  info.upstream_first = context_.now();
  info.response_code_details = "via_upstream";
  info.response_header_bytes = headers.byte_size();
  std::swap(response_map_, headers);  // the codec reads the next head into the old map's memory
  owner_.chain().on_response_headers(std::move(response_map_), end_stream);
}

void RouterFilter::on_upstream_data(std::string_view data, bool end_stream) {
  net::BufferPool& buffers = context_.loop.buffers();
  buffers.make_room(piece_, data.size());
  piece_.append(data);
  owner_.chain().on_response_data(piece_, end_stream);
  piece_.clear();
  if (piece_.capacity() > net::BufferPool::kLargeBytes) {
    buffers.give(std::move(piece_));
  }
}

void RouterFilter::on_upstream_trailers(http::HeaderMap&& trailers) {
  owner_.chain().on_response_trailers(std::move(trailers));
}

void RouterFilter::on_upstream_failure(UpstreamFailure failure) {
  on_upstream_blocked(false);
  filter::StreamInfo& info = owner_.info();
  info.upstream_attempts = request_.attempts();
  info.upstream_transport_failure_reason = to_string(failure);
  filter::LocalReply reply = filter::reply_for(kind_of(failure));
  const std::string_view flags = reply.flags;
  if (!owner_.chain().send_local_reply(std::move(reply))) {
    info.add_flag(flags);
    owner_.on_response_cut(failure == UpstreamFailure::Timeout
                               ? "upstream_response_timeout"
                               : "upstream_reset_after_response_started");
  }
}

void RouterFilter::on_upstream_blocked(bool blocked) {
  if (blocked == source_paused_) {
    return;
  }
  source_paused_ = blocked;
  blocked ? owner_.pause_request() : owner_.resume_request();
}

}  // namespace wasmgate::proxy
