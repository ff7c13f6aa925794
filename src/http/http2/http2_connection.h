#pragma once
// One HTTP/2 connection without a socket, for either side: nghttp2 frames and compresses, this
// class keeps the streams, the content that waits for the peer's window, the windows of paused
// streams and the limits. What a header block means is the role's business (the server and client
// codecs).
//
// nghttp2 must not write while it calls back, so output made inside an event waits until flush().
// `doomed` means: a GOAWAY is queued or the library gave up; nothing more is parsed.

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/buffer.h"
#include "base/clock.h"
#include "http/codec/limits.h"
#include "http/codec/server_codec.h"
#include "http/http2/field_collector.h"
#include "http/http2/flood_guard.h"
#include "http/http2/http2_limits.h"

namespace wasmgate::http {

/// One stream as the connection keeps it.
struct Http2Stream {
  StreamId id = 0;
  FieldCollector fields;
  HeaderMap trailers;          // to be sent
  Buffer outgoing;             // content that waits for the window
  uint64_t outgoing_left = 0;  // of the content-length that was sent, when has_length
  uint64_t unconsumed = 0;     // received while paused: the window stays shut by so much
  uint32_t empty_data = 0;
  uint32_t interim_count = 0;
  bool head_received = false;  // the final head was handed on
  bool refused = false;        // its head broke a rule: it is answered, but not delivered
  bool to_head = false;        // the request's method is HEAD
  bool end_received = false;
  bool head_sent = false;
  bool end_queued = false;  // nothing more will be written
  bool has_length = false;
  bool has_trailers = false;
  bool deferred = false;  // the library waits for resume_data
  bool paused = false;
  bool dead = false;  // reset from this side: no more events

  void clear();
};

class Http2Connection {
 public:
  enum class Role : uint8_t { Server, Client };

  /// What the role does with what comes. Calls come from inside feed().
  class Receiver {
   public:
    virtual ~Receiver() = default;
    /// A complete header block that is no trailer section.
    virtual void on_head(Http2Stream& stream, bool end_stream) = 0;
    virtual void on_data(Http2Stream& stream, std::string_view data) = 0;
    virtual void on_trailers(Http2Stream& stream) = 0;
    virtual void on_end(Http2Stream& stream) = 0;
    /// The stream ended before both sides were complete, and not by reset() from here.
    virtual void on_reset(Http2Stream& stream) = 0;
    /// The connection is doomed; on_reset was told for its streams.
    virtual void on_doomed(std::string_view reason) = 0;
  };

  /// Queues the preface and the settings. References outlive the connection.
  Http2Connection(Role role, Receiver& receiver, const MessageLimits& message_limits,
                  const Http2Limits& limits, const Clock& clock);
  ~Http2Connection();
  Http2Connection(const Http2Connection&) = delete;
  Http2Connection& operator=(const Http2Connection&) = delete;

  /// Parses all bytes (none when doomed).
  void feed(std::string_view bytes);
  /// Moves to `out` what can be sent, unless so much waits there that DATA must wait too. Does
  /// nothing from inside an event.
  void flush(Buffer& out);

  /// Opens a stream with a request head (client). Returns null when the peer takes no more streams.
  Http2Stream* open_stream(const HeaderMap& headers, bool end_stream);
  /// Writes a response head (server).
  void write_response(Http2Stream& stream, const HeaderMap& headers, bool end_stream);
  void write_interim(Http2Stream& stream, int status);
  void write_data(Http2Stream& stream, std::string_view data, bool end_stream);
  void write_trailers(Http2Stream& stream, const HeaderMap& trailers);
  /// Resets a stream; no more events come from it.
  void reset(Http2Stream& stream, uint32_t error_code);
  void set_paused(Http2Stream& stream, bool paused);

  /// Sends GOAWAY with the last stream that was taken; streams in progress go on.
  void go_away();
  /// Ends the connection: GOAWAY, and every stream is told.
  void doom(uint32_t error_code, std::string_view reason);
  /// The peer closed its side: every stream is told.
  void lose();

  /// Null when it is gone or was reset from here.
  Http2Stream* find(StreamId id);
  const Http2Stream* find(StreamId id) const {
    return const_cast<Http2Connection*>(this)->find(id);
  }
  size_t stream_count() const { return streams_.size(); }
  bool doomed() const { return doomed_; }
  bool peer_goes_away() const { return peer_goes_away_; }
  bool going_away() const { return going_away_; }
  /// The peer's limit of concurrent streams.
  uint32_t peer_stream_limit() const;
  /// Sets the functions that nghttp2 calls (http2_callbacks.cc).
  static void install_callbacks(nghttp2_session_callbacks* callbacks);

  /// Something waits for flush().
  bool wants_flush() const;

 private:
  struct Callbacks;
  friend struct Callbacks;
  static nghttp2_data_provider provider_of(Http2Stream& stream);

  Http2Stream& add_stream(StreamId id);
  void remove_stream(StreamId id);
  void queue_head(Http2Stream& stream, const HeaderMap& headers, bool end_stream, bool request);
  void begin_block(const nghttp2_frame& frame);
  void end_block(Http2Stream& stream, const nghttp2_frame& frame);
  void end_of_input(Http2Stream& stream);
  void take_data(Http2Stream& stream, std::string_view data);
  void end_data_frame(Http2Stream& stream, const nghttp2_frame& frame);
  void close_stream(StreamId id);
  void tell_reset(Http2Stream& stream);
  bool is_over_for_receiver(const Http2Stream& stream) const;
  void take_fault(StreamId id);
  void after_frame_sent(const nghttp2_frame& frame);
  ssize_t next_data(Http2Stream& stream, size_t most_bytes, uint32_t* flags);
  void send_data(Http2Stream& stream, const uint8_t* frame_header, size_t size);
  void end_data(Http2Stream& stream, uint32_t* flags);
  void wake(Http2Stream& stream);
  void pump();
  void check_output_flood();
  void judge(FloodGuard::Verdict verdict, uint32_t error_code = NGHTTP2_ENHANCE_YOUR_CALM);
  void begin_frame(const nghttp2_frame_hd& header);
  void tell_all_streams();

  const Role role_;
  Receiver& receiver_;
  const MessageLimits& message_limits_;
  const Http2Limits& limits_;
  FloodGuard guard_;
  nghttp2_session* session_ = nullptr;
  std::unordered_map<StreamId, std::unique_ptr<Http2Stream>> streams_;
  std::vector<std::unique_ptr<Http2Stream>> spare_streams_;
  std::vector<nghttp2_nv> name_values_;
  FieldCollector ignored_;           // blocks of streams that are gone, decoded only for the table
  FieldCollector* block_ = nullptr;  // where the fields of the current block go
  Buffer outbox_;
  uint32_t outbox_frames_ = 0;
  uint32_t outbox_control_frames_ = 0;
  bool output_is_high_ = false;
  bool in_library_ = false;
  bool doomed_ = false;
  bool going_away_ = false;
  bool peer_goes_away_ = false;
  uint32_t pending_doom_code_ = NGHTTP2_NO_ERROR;
  std::string_view pending_doom_;  // found inside a callback, carried out after it
};

}  // namespace wasmgate::http
