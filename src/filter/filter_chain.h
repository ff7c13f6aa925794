#pragma once
// All filters of one stream and both of its directions. The proxy feeds messages in at one end
// (request: from the client; response: from the upstream) and gets them back at the other through
// ChainEnds.
//
//   request:  proxy → on_request_*  → filter 0 → … → filter n−1 → ChainEnds::request_*   (the
//   router) response: proxy → on_response_* → filter n−1 → … → filter 0 → ChainEnds::response_*
//   (the client)
//
// One direction's state machine is chain_direction.h, used twice. Nothing here touches a socket or
// a clock.

#include <memory>
#include <span>
#include <vector>

#include "filter/filter.h"

namespace wasmgate::filter {

/// Where messages leave the chain, and what the chain asks of the stream that owns it.
class ChainEnds {
 public:
  virtual ~ChainEnds() = default;

  /// The request leaves the chain towards the upstream. `headers` stays owned by the chain and
  /// alive until the stream's end.
  virtual void request_headers(http::HeaderMap& headers, bool end_stream) = 0;
  virtual void request_data(Buffer& data, bool end_stream) = 0;
  virtual void request_trailers(http::HeaderMap& trailers) = 0;

  /// The response leaves the chain towards the client.
  virtual void response_headers(http::HeaderMap& headers, bool end_stream) = 0;
  virtual void response_data(Buffer& data, bool end_stream) = 0;
  virtual void response_trailers(http::HeaderMap& trailers) = 0;

  /// A local reply begins: whatever is in progress upstream must be abandoned.
  virtual void local_reply_started() = 0;
  /// The stream must end now; when no response head has left, the connection ends without an
  /// answer.
  virtual void reset(std::string_view details) = 0;

  /// Pauses and resumes the direction's source. Counted: two pauses need two resumes.
  virtual void pause_source(Direction direction) = 0;
  virtual void resume_source(Direction direction) = 0;

  virtual void clear_route_cache() = 0;
  virtual void refresh_route() = 0;
};

struct ChainLimits {
  size_t body_buffer_bytes = 1024 * 1024;
  size_t body_buffer_max_bytes = 128ULL * 1024 * 1024;
  size_t high_watermark_bytes = 256 * 1024;
};

class FilterChain {
 public:
  /// All outlive the chain; `memory` (the stream's: filters live there too) is not reset before the
  /// chain is gone.
  FilterChain(ChainEnds& ends, StreamInfo& info, const ChainLimits& limits, Arena& memory);
  ~FilterChain();
  FilterChain(const FilterChain&) = delete;
  FilterChain& operator=(const FilterChain&) = delete;

  /// Adds the filters of the chosen route, in chain order; null ones are skipped. Before the first
  /// part. `request`: the head that will be fed, for factories that choose by it.
  void start(std::span<FilterFactory* const> factories, const http::HeaderMap& request);

  void on_request_headers(http::HeaderMap&& headers, bool end_stream);
  void on_request_data(Buffer& data, bool end_stream);
  void on_request_data(std::string_view data, bool end_stream);
  void on_request_trailers(http::HeaderMap&& trailers);

  void on_response_headers(http::HeaderMap&& headers, bool end_stream);
  void on_response_data(Buffer& data, bool end_stream);
  void on_response_data(std::string_view data, bool end_stream);
  void on_response_trailers(http::HeaderMap&& trailers);

  /// The proxy's own answer (no route, upstream failed, …): passes the response callbacks of the
  /// filters whose request side ran. False when a response head has left already: the stream must
  /// be reset instead.
  bool send_local_reply(LocalReply reply);

  /// True once the response's head has left the chain.
  bool response_started() const;
  bool local_reply_sent() const;
  bool request_finished() const;  // everything of the request has left the chain, or never will
  bool response_finished() const;

  http::HeaderMap* request_headers();
  http::HeaderMap* response_headers();

  /// Ends the stream: on_log of all, on_done of all, on_destroy of all. Idempotent. Nothing may be
  /// fed afterwards.
  void finish();

  /// True while a filter's callback is on the stack: the owner must not destroy the chain then.
  bool busy() const;

 private:
  friend class ChainDirection;
  class Slot;
  struct State;
  struct DestroyState {
    void operator()(State* state) const;
  };
  std::unique_ptr<State, DestroyState> state_;
};

}  // namespace wasmgate::filter
