#pragma once
// The port of a client-side codec: requests in, bytes out; bytes from an upstream in, events out.
// No socket, no clock.

#include <cstdint>
#include <string_view>

#include "base/buffer.h"
#include "http/codec/refusal.h"
#include "http/codec/server_codec.h"
#include "http/message/header_map.h"

namespace wasmgate::http {

class ClientCodecEvents {
 public:
  virtual ~ClientCodecEvents() = default;

  /// A 1xx response (not 101).
  virtual void on_interim(StreamId stream, HeaderMap&& headers) = 0;
  /// A final head: ":status" first; hop-by-hop fields and framing removed, content-length kept when
  /// valid.
  virtual void on_response_head(StreamId stream, HeaderMap&& headers, bool end_stream) = 0;
  virtual void on_response_data(StreamId stream, std::string_view data) = 0;
  virtual void on_response_trailers(StreamId stream, HeaderMap&& trailers) = 0;
  /// The response is complete (also after a head with end_stream). The next request may be written
  /// from here when reusable().
  virtual void on_response_end(StreamId stream) = 0;
  virtual void on_stream_reset(StreamId stream) = 0;
  /// Bytes that break a rule; the status is 502. `stream` 0: bytes that belong to no response. The
  /// connection must be dropped (HTTP/2: only when it is not reusable() any more).
  virtual void on_refusal(StreamId stream, const Refusal& refusal) = 0;
};

class ClientCodec {
 public:
  virtual ~ClientCodec() = default;

  /// Starts a request and writes its head. `headers` has the pseudo-headers; framing is the codec's
  /// (content-length kept, else chunked when a body follows). Returns the stream's id, 0 when no
  /// stream can be opened now.
  virtual StreamId write_head(const HeaderMap& headers, bool end_stream, Buffer& out) = 0;
  virtual void write_data(StreamId stream, std::string_view data, bool end_stream, Buffer& out) = 0;
  virtual void write_trailers(StreamId stream, const HeaderMap& trailers, Buffer& out) = 0;
  /// Abandons a stream. Returns false when the connection cannot go on (HTTP/1 unless idle).
  virtual bool reset(StreamId stream, Buffer& out) = 0;

  /// Feeds bytes from the upstream. Returns how many were consumed; less when paused.
  virtual size_t feed(std::string_view bytes, Buffer& out) = 0;
  /// The upstream closed its side: ends a close-delimited body, or tells that a message was cut
  /// (on_refusal).
  virtual void on_eof() = 0;
  /// As in ServerCodec.
  virtual void flush(Buffer&) {}
  virtual bool wants_flush() const { return false; }
  virtual size_t buffered(StreamId) const { return 0; }
  virtual void pause(StreamId stream) = 0;
  virtual void resume(StreamId stream) = 0;

  /// True when the connection may carry another request now (HTTP/1: no message is in progress).
  virtual bool reusable() const = 0;
  /// How many streams may run at once (1 for HTTP/1).
  virtual uint32_t concurrency() const = 0;
};

}  // namespace wasmgate::http
