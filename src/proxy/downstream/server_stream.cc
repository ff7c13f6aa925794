#include "proxy/downstream/server_stream.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "http/rules/forwarded.h"
#include "http/rules/head_checks.h"

namespace wasmgate::proxy {
namespace {

// The address of "127.0.0.1:80" or "[::1]:80".
std::string_view ip_of(std::string_view text) {
  text = text.substr(0, text.rfind(':'));
  return text.starts_with('[') && text.ends_with(']') ? text.substr(1, text.size() - 2) : text;
}

using filter::Direction;
using filter::FailureKind;

constexpr std::string_view kRequestId = "x-request-id";

filter::ChainLimits chain_limits(const config::HttpLimits& limits) {
  return {limits.body_buffer_bytes, limits.body_buffer_max_bytes,
          limits.buffer_high_watermark_bytes};
}

}  // namespace

ServerStream::ServerStream(WorkerContext& context, AccessLog* access_log)
    : context_(context),
      access_log_(access_log),
      router_(context, *this),
      idle_timer_(context.loop.timers(), [this] { on_idle(); }) {}

ServerStream::~ServerStream() = default;

void ServerStream::begin(StreamConnection& connection, http::StreamId id, SnapshotRef snapshot,
                         http::HeaderMap&& headers, const http::RequestFacts& facts) {
  connection_ = &connection;
  id_ = id;
  snapshot_ = std::move(snapshot);
  std::swap(request_map_, headers);  // the codec reads the next head into the old map's memory
  fill_info(facts);
  take_request_id(request_map_);
  http::apply_forwarded(request_map_, ip_of(connection_->remote_text()), info_.scheme);
  choose_route(request_map_);
  send_blocked_ = connection.send_blocked();
  response_pauses_ = send_blocked_ ? 1 : 0;
  request_left_ =
      facts.end_stream ? UINT64_MAX : http::content_length_of(request_map_).value_or(UINT64_MAX);
  end_fed_ = facts.end_stream;
  filter::ChainEnds& ends = *this;
  chain_.emplace(ends, info_, chain_limits(context_.settings.limits), memory_);
  const RouteChain& factories = (*snapshot_.get())->chain_of(route_);
  checks_heads_ = !factories.empty();
  chain_->start(factories, request_map_);
  touch();
  chain_->on_request_headers(std::move(request_map_), facts.end_stream);
  if (facts.expect_continue && !ended_ && !head_written_) {
    connection_->write_continue(id_);
  }
}

void ServerStream::fill_info(const http::RequestFacts& facts) {
  info_.stream_id = context_.next_stream_id++;
  info_.connection_id = connection_->id();
  info_.protocol = facts.protocol;
  info_.start_wall = context_.loop.clock().wall_now();
  info_.start = context_.now();
  info_.request_header_bytes = facts.header_bytes;
  info_.downstream_remote_address = connection_->remote_text();
  info_.downstream_local_address = connection_->local_text();
  info_.downstream_remote_port = connection_->remote_address().port();
  info_.downstream_local_port = connection_->local_address().port();
}

void ServerStream::take_request_id(http::HeaderMap& headers) {
  if (const auto given = headers.get(kRequestId)) {
    info_.request_id = *given;
    return;
  }
  info_.request_id = headers.store(context_.request_ids.next());
  headers.add_static(kRequestId, info_.request_id);
}

void ServerStream::choose_route(const http::HeaderMap& headers) {
  const WorkerSnapshot& snapshot = **snapshot_.get();
  route_known_ = true;
  route_ = snapshot.routes->find(headers.get(http::kAuthority).value_or(""),
                                 headers.get(http::kPath).value_or("/"));
  if (route_ == kNoRoute) {
    cluster_ = nullptr;
    info_.route_name = info_.cluster_name = info_.virtual_host_name = {};
    return;
  }
  const config::Route& route = snapshot.model->routes[route_];
  cluster_ = snapshot_->cluster_of(route_);
  info_.route_name = route.name;
  info_.cluster_name = route.cluster;
  info_.virtual_host_name =
      route.host.empty() ? std::string_view("*") : std::string_view(route.host);
}

void ServerStream::refresh_route() {
  if (!route_known_ && chain_ && chain_->request_headers() != nullptr) {
    choose_route(*chain_->request_headers());
  }
}

// ---- the client's request ----

void ServerStream::on_data(std::string_view data) {
  if (ended_) {
    return;
  }
  touch();
  info_.request_body_bytes += data.size();
  if (request_left_ != UINT64_MAX) {
    request_left_ -= std::min<uint64_t>(request_left_, data.size());
    end_fed_ = request_left_ == 0;
  }
  if (end_fed_) {
    info_.request_is_complete = true;
    info_.request_complete = context_.now();
  }
  net::BufferPool& buffers = context_.loop.buffers();
  buffers.make_room(piece_, data.size());
  piece_.append(data);
  chain_->on_request_data(piece_, end_fed_);
  piece_.clear();
  if (piece_.capacity() > net::BufferPool::kLargeBytes) {
    buffers.give(std::move(piece_));
  }
}

void ServerStream::on_trailers(http::HeaderMap&& trailers) {
  if (!ended_) {
    end_fed_ = true;
    chain_->on_request_trailers(std::move(trailers));
  }
}

void ServerStream::on_end() {
  if (ended_) {
    return;
  }
  request_complete_ = true;
  info_.request_is_complete = true;
  info_.request_complete = context_.now();
  if (!end_fed_) {
    end_fed_ = true;
    Buffer nothing;
    chain_->on_request_data(nothing, true);
  }
}

void ServerStream::on_refusal(const http::Refusal& refusal) {
  if (ended_) {
    return;
  }
  router_.abandon();
  if (!chain_->send_local_reply(filter::reply_for(refusal)) && !ended_) {
    info_.add_flag("DPE");
    reset(refusal.reason);
  }
}

void ServerStream::on_body_too_slow() {
  filter::LocalReply reply = filter::reply_for(FailureKind::StreamIdle);
  reply.status = 408;
  reply.details = "request_body_too_slow";
  router_.abandon();
  if (!chain_->send_local_reply(std::move(reply)) && !ended_) {
    reset("request_body_too_slow");
  }
}

void ServerStream::on_client_gone(std::string_view details) {
  if (ended_) {
    return;
  }
  info_.add_flag("DC");
  info_.response_code_details = details;
  router_.abandon();
  end();
}

void ServerStream::on_idle() {
  if (ended_) {
    return;
  }
  filter::LocalReply reply = filter::reply_for(FailureKind::StreamIdle);
  reply.status = request_complete_ ? 504 : 408;
  info_.add_flag("SI");
  router_.abandon();
  if (!chain_->send_local_reply(std::move(reply)) && !ended_) {
    reset("stream_idle_timeout");
  }
}

// ---- out of the chain, towards the upstream ----

void ServerStream::request_headers(http::HeaderMap& headers, bool end_stream) {
  if (checks_heads_ && refuse_bad_request_head(headers)) {
    return;
  }
  refresh_route();
  Duration timeout = context_.settings.timeouts.route;
  if (route_ != kNoRoute) {
    timeout = (*snapshot_.get())
                  ->model->routes[route_]
                  .timeout.value_or(context_.settings.timeouts.route);
  }
  router_.send_head(cluster_, route_ != kNoRoute, headers, end_stream, timeout);
}

bool ServerStream::refuse_bad_request_head(http::HeaderMap& headers) {
  const http::Refusal refusal = http::check_request_head_for_encoding(headers);
  if (!refusal) {
    return false;
  }
  filter::LocalReply reply = filter::reply_for(FailureKind::BadRequestHead);
  reply.details.append("{").append(refusal.reason).append("}");
  chain_->send_local_reply(std::move(reply));
  return true;
}

void ServerStream::request_data(Buffer& data, bool end_stream) {
  router_.send_data(data, end_stream);
}

void ServerStream::request_trailers(http::HeaderMap& trailers) {
  const bool wanted =
      context_.settings.forward_trailers || (cluster_ != nullptr && cluster_->http2());
  if (wanted && !http::check_trailers_for_encoding(trailers)) {
    router_.send_trailers(trailers);
    return;
  }
  Buffer nothing;
  router_.send_data(nothing, true);
}

// ---- out of the chain, towards the client ----

void ServerStream::response_headers(http::HeaderMap& headers, bool end_stream) {
  if (ended_ || head_written_) {
    return;
  }
  if (checks_heads_ && replace_bad_response_head(headers)) {
    return;
  }
  touch();
  info_.response_code = http::status_of(headers);
  head_written_ = true;
  response_complete_ = end_stream;
  connection_->write_head(id_, headers, end_stream);
  if (end_stream) {
    end();
  }
}

bool ServerStream::replace_bad_response_head(const http::HeaderMap& headers) {
  const http::Refusal refusal = http::check_response_head_for_encoding(headers);
  if (!refusal) {
    return false;
  }
  filter::LocalReply reply = filter::reply_for(FailureKind::BadResponseHead);
  info_.response_code = reply.status;
  info_.response_code_details = reply.details + "{" + std::string(refusal.reason) + "}";
  router_.abandon();
  http::HeaderMap head;
  const std::string_view body = filter::write_local_reply(reply, chain_->request_headers(), head);
  head_written_ = response_complete_ = response_replaced_ = true;
  info_.response_body_bytes = body.size();
  connection_->write_head(id_, head, body.empty());
  if (!body.empty()) {
    connection_->write_data(id_, body, true);
  }
  end();
  return true;
}

void ServerStream::response_data(Buffer& data, bool end_stream) {
  if (ended_) {
    data.clear();
    return;
  }
  touch();
  info_.response_body_bytes += data.size();
  response_complete_ = end_stream;
  connection_->write_data(id_, data.view(), end_stream);
  data.clear();
  if (end_stream) {
    end();
  }
}

void ServerStream::response_trailers(http::HeaderMap& trailers) {
  if (ended_) {
    return;
  }
  response_complete_ = true;
  const bool wanted = context_.settings.forward_trailers || info_.protocol == http::Protocol::Http2;
  if (wanted && !http::check_trailers_for_encoding(trailers)) {
    connection_->write_trailers(id_, trailers);
  } else {
    connection_->write_data(id_, {}, true);
  }
  end();
}

void ServerStream::reset(std::string_view details) {
  if (ended_) {
    return;
  }
  info_.response_code_details = details;
  router_.abandon();
  end();
  connection_->reset(id_, head_written_ && info_.protocol == http::Protocol::Http10);
}

void ServerStream::on_response_cut(std::string_view details) { reset(details); }

// ---- back-pressure ----

void ServerStream::pause_source(Direction direction) {
  direction == Direction::Request ? pause_request() : pause_response();
}

void ServerStream::resume_source(Direction direction) {
  direction == Direction::Request ? resume_request() : resume_response();
}

void ServerStream::pause_request() {
  if (request_pauses_++ == 0 && !ended_) {
    connection_->pause(id_);
  }
}

void ServerStream::resume_request() {
  if (--request_pauses_ == 0 && !ended_) {
    connection_->resume(id_);
  }
}

void ServerStream::pause_response() {
  if (response_pauses_++ == 0) {
    router_.pause_response();
  }
}

void ServerStream::resume_response() {
  if (--response_pauses_ == 0 && !ended_) {
    router_.resume_response();
  }
}

void ServerStream::on_send_blocked(bool blocked) {
  if (blocked == send_blocked_ || ended_) {
    return;
  }
  send_blocked_ = blocked;
  blocked ? pause_response() : resume_response();
}

// ---- the end ----

void ServerStream::end() {
  ended_ = true;
  idle_timer_.cancel();
  router_.abandon();
  connection_->on_stream_ended(id_);
}

void ServerStream::finalize() {
  info_.end = context_.now();
  info_.response_is_complete = response_complete_;
  if (access_log_ != nullptr && context_.settings.access_log.enabled) {
    access_log_->log(
        {info_, chain_->request_headers(), head_written_ ? chain_->response_headers() : nullptr});
  }
  context_.metrics.add(context_.ids.response_class(info_.response_code));
  context_.metrics.add(context_.ids.requests_active, -1);
  context_.metrics.add(context_.ids.bytes_received, static_cast<int64_t>(info_.request_body_bytes));
  context_.metrics.add(context_.ids.bytes_sent, static_cast<int64_t>(info_.response_body_bytes));
  context_.metrics.observe(context_.ids.duration,
                           static_cast<uint64_t>((info_.end - info_.start).count()));
  chain_->finish();
  if (http::HeaderMap* request = chain_->request_headers()) {
    request_map_ = std::move(*request);
    request_map_.clear();
  }
  if (http::HeaderMap* response = chain_->response_headers()) {
    router_.keep_map(std::move(*response));
  }
  chain_.reset();
  memory_.reset();
  snapshot_ = SnapshotRef();
  std::destroy_at(&info_);
  std::construct_at(&info_);
  connection_ = nullptr;
  cluster_ = nullptr;
  piece_.clear();
  request_left_ = UINT64_MAX;
  request_pauses_ = response_pauses_ = 0;
  route_known_ = checks_heads_ = request_complete_ = end_fed_ = head_written_ = response_complete_ =
      false;
  response_replaced_ = send_blocked_ = ended_ = false;
}

std::unique_ptr<ServerStream> StreamStore::take() {
  ++active_;
  context_.metrics.add(context_.ids.requests_active);
  if (free_.empty()) {
    return std::make_unique<ServerStream>(context_, access_log_);
  }
  auto stream = std::move(free_.back());
  free_.pop_back();
  return stream;
}

void StreamStore::give_back(std::unique_ptr<ServerStream> stream) {
  ended_.push_back(std::move(stream));
  context_.loop.at_turn_end(hook_);
}

void StreamStore::finalize_ended() {
  while (!ended_.empty()) {  // ending one may end another
    finalizing_.swap(ended_);
    for (auto& stream : finalizing_) {
      stream->finalize();
      --active_;
      if (free_.size() < kKeep) {
        free_.push_back(std::move(stream));
      }
    }
    finalizing_.clear();
  }
}

}  // namespace wasmgate::proxy
