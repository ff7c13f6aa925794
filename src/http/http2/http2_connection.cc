#include "http/http2/http2_connection.h"

#include "base/check.h"
#include "http/http2/http2_callbacks.h"

namespace wasmgate::http {
namespace {

constexpr size_t kMostSpareStreams = 16;
constexpr uint32_t kDefaultWindow = 65535;

}  // namespace

void Http2Stream::clear() {
  id = 0;
  trailers.clear();
  outgoing.clear();
  outgoing_left = unconsumed = 0;
  empty_data = interim_count = 0;
  head_received = refused = to_head = end_received = false;
  head_sent = end_queued = false;
  has_length = has_trailers = deferred = paused = dead = false;
}

Http2Connection::Http2Connection(Role role, Receiver& receiver, const MessageLimits& message_limits,
                                 const Http2Limits& limits, const Clock& clock)
    : role_(role),
      receiver_(receiver),
      message_limits_(message_limits),
      limits_(limits),
      guard_(limits, message_limits.header_bytes, clock),
      session_(make_http2_session(role == Role::Server, limits, this)) {
  const nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits.concurrent_streams},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits.stream_window_bytes},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<uint32_t>(message_limits.header_bytes)},
      {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
  };
  const size_t count = role == Role::Client ? 4 : 3;
  WASMGATE_CHECK(nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings, count) == 0);
  if (limits.connection_window_bytes > kDefaultWindow) {
    const auto window = static_cast<int32_t>(limits.connection_window_bytes);
    WASMGATE_CHECK(nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, window) ==
                   0);
  }
}

Http2Connection::~Http2Connection() { nghttp2_session_del(session_); }

// ---- streams ----

Http2Stream& Http2Connection::add_stream(StreamId id) {
  std::unique_ptr<Http2Stream> stream;
  if (spare_streams_.empty()) {
    stream = std::make_unique<Http2Stream>();
  } else {
    stream = std::move(spare_streams_.back());
    spare_streams_.pop_back();
  }
  stream->clear();
  stream->id = id;
  Http2Stream& kept = *stream;
  streams_[id] = std::move(stream);
  guard_.on_stream_opened();
  return kept;
}

void Http2Connection::remove_stream(StreamId id) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) {
    return;
  }
  if (found->second->unconsumed > 0) {
    nghttp2_session_consume_connection(session_, found->second->unconsumed);
  }
  if (spare_streams_.size() < kMostSpareStreams) {
    spare_streams_.push_back(std::move(found->second));
  }
  streams_.erase(found);
}

Http2Stream* Http2Connection::find(StreamId id) {
  const auto found = streams_.find(id);
  return found == streams_.end() || found->second->dead ? nullptr : found->second.get();
}

void Http2Connection::reset(Http2Stream& stream, uint32_t error_code) {
  stream.dead = true;
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, static_cast<int32_t>(stream.id),
                            error_code);
}

void Http2Connection::set_paused(Http2Stream& stream, bool paused) {
  stream.paused = paused;
  if (!paused && stream.unconsumed > 0) {
    nghttp2_session_consume(session_, static_cast<int32_t>(stream.id), stream.unconsumed);
    stream.unconsumed = 0;
  }
}

uint32_t Http2Connection::peer_stream_limit() const {
  return nghttp2_session_get_remote_settings(session_, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
}

// ---- input ----

void Http2Connection::feed(std::string_view bytes) {
  if (doomed_ || bytes.empty()) {
    return;
  }
  in_library_ = true;
  const ssize_t used = nghttp2_session_mem_recv(
      session_, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  in_library_ = false;
  if (!pending_doom_.empty()) {
    return doom(pending_doom_code_, pending_doom_);
  }
  if (used < 0) {
    return doom(used == NGHTTP2_ERR_FLOODED ? NGHTTP2_ENHANCE_YOUR_CALM : NGHTTP2_PROTOCOL_ERROR,
                "http2.unreadable");
  }
  pump();
}

void Http2Connection::judge(FloodGuard::Verdict verdict, uint32_t error_code) {
  if (!verdict.empty() && pending_doom_.empty()) {
    pending_doom_ = verdict;
    pending_doom_code_ = error_code;
  }
}

void Http2Connection::begin_frame(const nghttp2_frame_hd& header) {
  judge(guard_.on_frame(header.type, header.length));
  // A stream that was skipped is closed (RFC 9113 §5.1.1). The library would throw its HEADERS
  // away; one that it still knows may be meant for a stream that was reset from here, and is left
  // to it.
  if (role_ == Role::Server && header.type == NGHTTP2_HEADERS &&
      header.stream_id <= nghttp2_session_get_last_proc_stream_id(session_) &&
      nghttp2_session_find_stream(session_, header.stream_id) == nullptr) {
    judge("http2.stream_number_went_back", NGHTTP2_PROTOCOL_ERROR);
  }
}

void Http2Connection::begin_block(const nghttp2_frame& frame) {
  const auto id = static_cast<StreamId>(frame.hd.stream_id);
  Http2Stream* stream = nullptr;
  if (role_ == Role::Server && frame.headers.cat == NGHTTP2_HCAT_REQUEST) {
    stream = going_away_ ? nullptr
                         : &add_stream(id);  // after GOAWAY the client knows that it was not taken
  } else {
    stream = find(id);
  }
  block_ = stream == nullptr ? &ignored_ : &stream->fields;
  if (stream == nullptr) {
    ignored_.begin(BlockKind::Trailers);
  } else if (stream->head_received || stream->refused) {
    stream->fields.begin(BlockKind::Trailers);
  } else {
    stream->fields.begin(role_ == Role::Server ? BlockKind::Request : BlockKind::Response);
  }
}

void Http2Connection::end_block(Http2Stream& stream, const nghttp2_frame& frame) {
  const bool end_stream = (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  if (stream.fields.malformed()) {
    judge(guard_.on_reset());
    tell_reset(stream);
    return reset(stream, NGHTTP2_PROTOCOL_ERROR);
  }
  if (stream.refused) {
    // the rest of a refused message is only counted
  } else if (stream.head_received) {
    receiver_.on_trailers(stream);
  } else {
    receiver_.on_head(stream, end_stream);
  }
  if (end_stream) {
    end_of_input(stream);
  }
}

void Http2Connection::end_of_input(Http2Stream& stream) {
  stream.end_received = true;
  if (!stream.dead && !stream.refused) {
    receiver_.on_end(stream);
  }
}

void Http2Connection::take_data(Http2Stream& stream, std::string_view data) {
  stream.unconsumed += data.size();
  if (stream.head_received && !stream.refused) {
    receiver_.on_data(stream, data);
  }
  if (!stream.paused || stream.dead) {
    nghttp2_session_consume(session_, static_cast<int32_t>(stream.id), stream.unconsumed);
    stream.unconsumed = 0;
  }
}

void Http2Connection::end_data_frame(Http2Stream& stream, const nghttp2_frame& frame) {
  if ((frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
    end_of_input(stream);
  } else if (frame.hd.length == frame.data.padlen) {
    judge(guard_.on_empty_data(stream.empty_data));
  }
}

/// True when the receiver waits for nothing more: a server has written its answer, a client has
/// read it.
bool Http2Connection::is_over_for_receiver(const Http2Stream& stream) const {
  return role_ == Role::Server ? stream.end_queued : stream.end_received;
}

/// Ends a stream and tells the receiver, when it knows the stream and waits for more.
void Http2Connection::tell_reset(Http2Stream& stream) {
  const bool known = (stream.head_received || role_ == Role::Client) && !stream.refused;
  const bool tell = !stream.dead && known && !is_over_for_receiver(stream);
  stream.dead = true;
  if (tell) {
    receiver_.on_reset(stream);
  }
}

/// The library found an error in a frame: it resets the stream, or ends the connection.
void Http2Connection::take_fault(StreamId id) {
  judge(guard_.on_reset());
  if (Http2Stream* stream = find(id)) {
    tell_reset(*stream);
  }
}

void Http2Connection::close_stream(StreamId id) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) {
    return;
  }
  tell_reset(*found->second);
  remove_stream(id);
}

// ---- the end ----

void Http2Connection::go_away() {
  if (going_away_ || doomed_) {
    return;
  }
  going_away_ = true;
  const int32_t last =
      role_ == Role::Server ? nghttp2_session_get_last_proc_stream_id(session_) : 0;
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, last, NGHTTP2_NO_ERROR, nullptr, 0);
}

void Http2Connection::doom(uint32_t error_code, std::string_view reason) {
  if (doomed_) {
    return;
  }
  doomed_ = true;
  nghttp2_session_terminate_session(session_, error_code);
  pump();
  tell_all_streams();
  receiver_.on_doomed(reason);
}

void Http2Connection::lose() {
  doomed_ = true;
  tell_all_streams();
}

void Http2Connection::tell_all_streams() {
  while (!streams_.empty()) {
    Http2Stream& stream = *streams_.begin()->second;
    tell_reset(stream);
    remove_stream(stream.id);
  }
}

}  // namespace wasmgate::http
