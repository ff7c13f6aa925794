#pragma once
// The end of every filter chain: takes the request that leaves the chain to its cluster, and feeds
// the response back into the chain. What goes wrong becomes a local reply here (filter/local_reply
// says which), or a reset when a response has begun.

#include "filter/filter_chain.h"
#include "proxy/upstream/upstream_request.h"

namespace wasmgate::proxy {

/// The stream a router works for.
class RouterOwner {
 public:
  virtual ~RouterOwner() = default;
  virtual filter::FilterChain& chain() = 0;
  virtual filter::StreamInfo& info() = 0;
  /// The response broke after its head had left.
  virtual void on_response_cut(std::string_view details) = 0;
  /// Stops and restarts the request's source. Counted.
  virtual void pause_request() = 0;
  virtual void resume_request() = 0;
};

class RouterFilter final : private UpstreamRequestEvents {
 public:
  /// Both outlive it. Used again for each request.
  RouterFilter(WorkerContext& context, RouterOwner& owner)
      : context_(context), owner_(owner), request_(context, *this) {}

  /// `cluster` null: answers 404 (`routed` false) or 503. `head` stays alive until the stream's
  /// end.
  void send_head(Cluster* cluster, bool routed, const http::HeaderMap& head, bool end_stream,
                 Duration timeout);
  void send_data(Buffer& data, bool end_stream) { request_.send_data(data, end_stream); }
  void send_trailers(const http::HeaderMap& trailers) { request_.send_trailers(trailers); }

  /// Drops the upstream request, if any.
  void abandon();
  /// Takes a response's map that is used no more, for its memory.
  void keep_map(http::HeaderMap&& map) {
    response_map_ = std::move(map);
    response_map_.clear();
  }

  void pause_response() { request_.pause_response(); }
  void resume_response() { request_.resume_response(); }

 private:
  void on_upstream_sending(const Host& host, const ClientConnection& connection) override;
  void on_upstream_head(http::HeaderMap&& headers, bool end_stream) override;
  void on_upstream_data(std::string_view data, bool end_stream) override;
  void on_upstream_trailers(http::HeaderMap&& trailers) override;
  void on_upstream_failure(UpstreamFailure failure) override;
  void on_upstream_blocked(bool blocked) override;

  WorkerContext& context_;
  RouterOwner& owner_;
  UpstreamRequest request_;
  Buffer piece_;
  http::HeaderMap response_map_;  // empty; its memory is used again
  bool source_paused_ = false;
};

}  // namespace wasmgate::proxy
