#pragma once
// The port of a server-side codec: bytes from a client in, events out; responses in, bytes out. No
// socket, no clock. One codec per connection; HTTP/1 has one stream at a time, HTTP/2 many.
//
// Order of events per stream: on_request_head, on_request_data*, on_request_trailers?,
// on_request_end. A refusal ends the connection's input: nothing after it is parsed.

#include <cstdint>
#include <string_view>

#include "base/buffer.h"
#include "http/codec/refusal.h"
#include "http/message/header_map.h"

namespace wasmgate::http {

using StreamId = uint32_t;

enum class Protocol : uint8_t { Http10, Http11, Http2 };

/// "HTTP/1.0", "HTTP/1.1", "HTTP/2".
std::string_view to_string(Protocol protocol);

/// Facts about a request's head that are not fields.
struct RequestFacts {
  Protocol protocol = Protocol::Http11;
  bool end_stream = false;       // no body follows
  bool expect_continue = false;  // Expect: 100-continue was sent (the field is removed)
  uint64_t header_bytes = 0;     // on the wire
};

class ServerCodecEvents {
 public:
  virtual ~ServerCodecEvents() = default;

  /// A whole request head that passed the rules. `headers` is handed over by move: pseudo-headers
  /// first (":method", ":path",
  /// ":authority", ":scheme"), hop-by-hop fields and framing removed, content-length kept when
  /// valid, ":path" normalised.
  /// ":authority" is empty only for an HTTP/1.0 request without Host. Swap `headers` with a map of
  /// your own rather than move it: the codec then reads the next head into your old map, and its
  /// memory is used again.
  virtual void on_request_head(StreamId stream, HeaderMap&& headers, const RequestFacts& facts) = 0;
  /// A piece of the body, not empty. The view dies with the call.
  virtual void on_request_data(StreamId stream, std::string_view data) = 0;
  virtual void on_request_trailers(StreamId stream, HeaderMap&& trailers) = 0;
  /// The request is complete (also after a head with end_stream).
  virtual void on_request_end(StreamId stream) = 0;
  /// The peer reset this stream (HTTP/2).
  virtual void on_stream_reset(StreamId stream) = 0;
  /// Bytes that break a rule. Nothing more is delivered for the stream.
  /// HTTP/1: the whole connection ends after the answer; `stream` 0: no stream exists yet, the
  /// answer is written to stream 0. HTTP/2: only the stream ends, and it is reset when it is not
  /// answered from inside this call; `stream` 0: the connection is lost, nothing can be answered
  /// (flush, then close).
  virtual void on_refusal(StreamId stream, const Refusal& refusal) = 0;
};

class ServerCodec {
 public:
  virtual ~ServerCodec() = default;

  /// Feeds bytes from the client. Returns how many were consumed: less than given when the codec is
  /// paused (HTTP/1: the next pipelined request waits until the response of this one is complete;
  /// see also pause()). The rest must be fed again.
  virtual size_t feed(std::string_view bytes) = 0;

  /// Writes what the codec has to say by itself (HTTP/2: settings, acknowledgments, windows) and
  /// content that waited for the peer's window. Call it after feed() and resume(), and again when
  /// `out` was drained while wants_flush(). HTTP/1 never needs it.
  virtual void flush(Buffer&) {}
  virtual bool wants_flush() const { return false; }

  /// Bytes of `stream`'s content that were written but wait for the peer's window: they count
  /// against the caller's watermarks.
  virtual size_t buffered(StreamId) const { return 0; }

  /// Stops delivering events of `stream`'s body (HTTP/1: feed() consumes nothing more; HTTP/2: no
  /// window updates), until resume. Idempotent: counting causes is the caller's business. The end
  /// of a body is delivered with its last piece.
  virtual void pause(StreamId stream) = 0;
  virtual void resume(StreamId stream) = 0;

  /// Writes a response head to `out`. `headers` has ":status"; framing (content-length kept, else
  /// chunked; connection) is the codec's. `end_stream`: no body follows.
  virtual void write_head(StreamId stream, const HeaderMap& headers, bool end_stream,
                          Buffer& out) = 0;
  /// Writes a 1xx response.
  virtual void write_interim(StreamId stream, int status, Buffer& out) = 0;
  virtual void write_data(StreamId stream, std::string_view data, bool end_stream, Buffer& out) = 0;
  /// Ends the message with trailers (dropped when this message cannot carry them).
  virtual void write_trailers(StreamId stream, const HeaderMap& trailers, Buffer& out) = 0;
  /// Abandons a stream. Returns false when the connection cannot go on (HTTP/1).
  virtual bool reset(StreamId stream, Buffer& out) = 0;

  /// Asks that the connection ends after the responses in progress (drain): HTTP/1 `connection:
  /// close`, HTTP/2 GOAWAY.
  virtual void drain(Buffer& out) = 0;

  /// True when nothing is in progress, and the connection may be kept.
  virtual bool idle() const = 0;
  /// True when the connection must be closed as soon as the output is flushed.
  virtual bool finished() const = 0;
};

}  // namespace wasmgate::http
