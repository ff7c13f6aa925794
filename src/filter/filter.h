#pragma once
// The port between the proxy, which owns streams, and whatever looks at them (plug-ins). Neither
// side knows the other: both meet here. A filter object belongs to one stream and lives on its
// worker.
//
// Order: on_headers, on_data*, on_trailers? per direction (request filters in chain order, response
// filters in reverse), then once per stream on_log for every filter, then on_done and on_destroy of
// one filter after the other. A filter that was never reached (an earlier one answered) gets no
// response callbacks, but still the three of the end.

#include <memory>
#include <new>
#include <string_view>
#include <utility>

#include "base/arena.h"
#include "base/buffer.h"
#include "filter/local_reply.h"
#include "filter/stream_info.h"
#include "filter/verdict.h"
#include "http/message/header_map.h"

namespace wasmgate::filter {

/// What a filter may ask of its stream. Calls made inside one of the filter's own callbacks take
/// effect after it has returned; calls from elsewhere (a timer, an answered call) take effect at
/// once, and may end with the filter being destroyed later in this turn, never inside the call.
/// After on_destroy nothing may be called.
class FilterCallbacks {
 public:
  virtual ~FilterCallbacks() = default;

  /// Lets a stopped direction go on. No effect when it is not stopped by this filter.
  virtual void continue_stream(Direction direction) = 0;
  /// Answers the request. The second one in a stream, or one after the response's head has left, is
  /// ignored (returns false). One sent from this filter's response-headers callback takes the place
  /// of the response and passes no further callbacks.
  virtual bool send_local_reply(LocalReply reply) = 0;
  /// Ends the stream at once, without an answer if none has begun; `details` for the access log, a
  /// literal.
  virtual void reset_stream(std::string_view details) = 0;
  /// This filter failed for good in this stream: one outcome. `open`: it is skipped from now on and
  /// what it held goes on; otherwise the answer 503 (details `wasm_fail_stream`, or `details` when
  /// not empty), or a reset when a response has begun.
  virtual void fail_stream(bool open, LocalReply reply) = 0;

  /// Drops the chosen route; it is chosen again before the request leaves (and when a property
  /// asks).
  virtual void clear_route_cache() = 0;
  /// Makes sure that stream_info's route and cluster are those of the current request head.
  virtual void refresh_route() = 0;

  /// The head of a direction: null before it has arrived. Readable until on_destroy.
  virtual http::HeaderMap* headers(Direction direction) = 0;
  /// Null when there are none (yet).
  virtual http::HeaderMap* trailers(Direction direction) = 0;
  /// True while a write to that head can still reach the peer.
  virtual bool headers_writable(Direction direction) const = 0;
  virtual bool trailers_writable(Direction direction) const = 0;
  /// Makes empty trailers: only inside the data callback with end_stream and without real trailers.
  /// Null otherwise.
  virtual http::HeaderMap* add_trailers(Direction direction) = 0;

  /// The bytes this filter holds or is being shown in that direction; null when none can be read
  /// now.
  virtual Buffer* body(Direction direction) = 0;
  virtual bool body_writable(Direction direction) const = 0;
  /// Call after changing body(): lets the chain repair content-length and re-check limits.
  virtual void body_changed(Direction direction) = 0;
  /// Sets the limit of what this stream may hold in that direction, up to the gateway's maximum.
  virtual void set_body_limit(Direction direction, size_t bytes) = 0;
  /// Sends response body bytes on to the client from outside a body callback; they pass the filters
  /// after this one.
  virtual void inject_response_data(std::string_view data, bool end_stream) = 0;

  virtual StreamInfo& info() = 0;
};

class Filter {
 public:
  virtual ~Filter() = default;

  /// Called once, before anything else. `callbacks` lives until on_destroy has returned.
  virtual void on_attach(FilterCallbacks& callbacks) = 0;

  virtual Verdict on_headers(Direction direction, http::HeaderMap& headers, bool end_stream) = 0;
  /// `data`: everything held by this filter so far, the new piece included.
  virtual Verdict on_data(Direction direction, Buffer& data, bool end_stream) = 0;
  virtual Verdict on_trailers(Direction direction, http::HeaderMap& trailers) = 0;

  /// True when on_data of that direction wants to be called; asked once, after on_attach. False:
  /// bodies pass untouched.
  virtual bool wants_data(Direction direction) const = 0;

  virtual void on_log() = 0;
  virtual void on_done() = 0;
  virtual void on_destroy() = 0;
};

/// Destroys a filter; its memory is the stream's.
struct DestroyFilter {
  void operator()(Filter* filter) const { std::destroy_at(filter); }
};
using FilterPtr = std::unique_ptr<Filter, DestroyFilter>;

/// Makes a filter in the memory of its stream.
template <class F, class... Args>
FilterPtr make_filter(Arena& memory, Args&&... args) {
  return FilterPtr(::new (memory.allocate_aligned(sizeof(F), alignof(F)))
                       F(std::forward<Args>(args)...));
}

/// Makes the filters of one plug-in on one worker. Belongs to a worker's part of a snapshot.
class FilterFactory {
 public:
  virtual ~FilterFactory() = default;
  /// The factory that makes this stream's filter: itself, or one of the generations it stands for.
  /// Asked once per stream, with the request's head as it came.
  virtual FilterFactory& chosen_for(const http::HeaderMap& /*request*/) { return *this; }
  /// Made by make_filter() in `memory`, which outlives the filter. Null: the plug-in does not take
  /// part in this stream (fail-open while it is unavailable).
  virtual FilterPtr create_filter(Arena& memory) = 0;
};

}  // namespace wasmgate::filter
