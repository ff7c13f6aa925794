// The sending half of Http2Connection: heads, content that waits for windows, and the limits of
// output that nobody takes.

#include <algorithm>
#include <optional>
#include <string>

#include "base/check.h"
#include "http/http2/http2_connection.h"
#include "http/rules/characters.h"
#include "http/rules/field_names.h"

namespace wasmgate::http {
namespace {

nghttp2_nv name_value(std::string_view name, std::string_view value) {
  return {reinterpret_cast<uint8_t*>(const_cast<char*>(name.data())),
          reinterpret_cast<uint8_t*>(const_cast<char*>(value.data())), name.size(), value.size(),
          NGHTTP2_NV_FLAG_NONE};
}

/// What may stand in a header block of HTTP/2 (RFC 9113 §8.2): no field of a connection, `te` only
/// as "trailers", no unclean bytes.
bool may_be_sent(const HeaderField& field, bool request) {
  if (field.name.starts_with(':')) {
    return clean_field_value(field.value);
  }
  switch (classify_field(field.name)) {
    case KnownField::Te:
      return request && field.value == "trailers";
    case KnownField::Host:
      return !request;
    case KnownField::TransferEncoding:
    case KnownField::Connection:
    case KnownField::OtherHopByHop:
    case KnownField::ContentLength:  // written apart
      return false;
    default:
      return valid_field_name(field.name) && valid_field_value(field.value);
  }
}

}  // namespace

void Http2Connection::queue_head(Http2Stream& stream, const HeaderMap& headers, bool end_stream,
                                 bool request) {
  name_values_.clear();
  for (const HeaderField& field : headers.fields()) {
    if (field.name.starts_with(':') && may_be_sent(field, request)) {
      name_values_.push_back(name_value(field.name, field.value));
    }
  }
  for (const HeaderField& field : headers.fields()) {
    if (!field.name.starts_with(':') && may_be_sent(field, request)) {
      name_values_.push_back(name_value(field.name, field.value));
    }
  }
  const std::optional<uint64_t> length = content_length_of(headers);
  const std::string digits = length ? std::to_string(*length) : std::string();
  const bool describes_more = stream.to_head || status_of(headers) == 304;
  if (length && (!end_stream || *length == 0 || describes_more)) {
    name_values_.push_back(name_value(kContentLength, digits));
  }
  stream.has_length = length.has_value() && !end_stream;
  stream.outgoing_left = length.value_or(0);
  stream.head_sent = true;
  stream.end_queued = end_stream;
  const nghttp2_data_provider provider = provider_of(stream);
  const nghttp2_data_provider* const body = end_stream ? nullptr : &provider;
  if (request) {
    const int32_t id = nghttp2_submit_request(session_, nullptr, name_values_.data(),
                                              name_values_.size(), body, nullptr);
    WASMGATE_CHECK(id == static_cast<int32_t>(stream.id));
  } else {
    nghttp2_submit_response(session_, static_cast<int32_t>(stream.id), name_values_.data(),
                            name_values_.size(), body);
  }
}

Http2Stream* Http2Connection::open_stream(const HeaderMap& headers, bool end_stream) {
  const uint32_t most = std::min(limits_.concurrent_streams, peer_stream_limit());
  const uint32_t next = nghttp2_session_get_next_stream_id(session_);
  if (doomed_ || peer_goes_away_ || going_away_ || streams_.size() >= most || next > INT32_MAX) {
    return nullptr;
  }
  Http2Stream& stream = add_stream(next);
  queue_head(stream, headers, end_stream, true);
  return &stream;
}

void Http2Connection::write_response(Http2Stream& stream, const HeaderMap& headers,
                                     bool end_stream) {
  if (!stream.head_sent) {
    queue_head(stream, headers, end_stream, false);
  }
}

void Http2Connection::write_interim(Http2Stream& stream, int status) {
  if (stream.head_sent || status < 100 || status > 199 || status == 101) {
    return;
  }
  const std::string digits = std::to_string(status);
  const nghttp2_nv field = name_value(kStatus, digits);
  nghttp2_submit_headers(session_, NGHTTP2_FLAG_NONE, static_cast<int32_t>(stream.id), nullptr,
                         &field, 1, nullptr);
}

void Http2Connection::write_data(Http2Stream& stream, std::string_view data, bool end_stream) {
  if (!stream.head_sent || stream.end_queued) {
    return;
  }
  if (stream.has_length && data.size() > stream.outgoing_left) {
    return reset(stream, NGHTTP2_INTERNAL_ERROR);  // more than the length that was announced
  }
  stream.outgoing_left -= stream.has_length ? data.size() : 0;
  stream.outgoing.append(data);
  if (end_stream && stream.has_length && stream.outgoing_left != 0) {
    return reset(stream, NGHTTP2_INTERNAL_ERROR);  // less than announced
  }
  stream.end_queued = end_stream;
  wake(stream);
}

void Http2Connection::write_trailers(Http2Stream& stream, const HeaderMap& trailers) {
  if (!stream.head_sent || stream.end_queued) {
    return;
  }
  if (stream.has_length && stream.outgoing_left != 0) {
    return reset(stream, NGHTTP2_INTERNAL_ERROR);
  }
  for (const HeaderField& field : trailers.fields()) {
    if (!is_forbidden_trailer(field.name) && valid_field_name(field.name) &&
        valid_field_value(field.value)) {
      stream.trailers.add(field.name, field.value);
      stream.has_trailers = true;
    }
  }
  stream.end_queued = true;
  wake(stream);
}

void Http2Connection::wake(Http2Stream& stream) {
  if (stream.deferred) {
    stream.deferred = false;
    nghttp2_session_resume_data(session_, static_cast<int32_t>(stream.id));
  }
}

ssize_t Http2Connection::next_data(Http2Stream& stream, size_t most_bytes, uint32_t* flags) {
  if (stream.dead) {
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }
  if (output_is_high_ && !stream.outgoing.empty()) {
    return NGHTTP2_ERR_PAUSE;
  }
  if (stream.outgoing.empty() && !stream.end_queued) {
    stream.deferred = true;
    return NGHTTP2_ERR_DEFERRED;
  }
  const size_t size = std::min(most_bytes, stream.outgoing.size());
  *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  if (size == stream.outgoing.size() && stream.end_queued) {
    end_data(stream, flags);
  }
  return static_cast<ssize_t>(size);
}

void Http2Connection::end_data(Http2Stream& stream, uint32_t* flags) {
  *flags |= NGHTTP2_DATA_FLAG_EOF;
  if (!stream.has_trailers) {
    return;
  }
  *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
  name_values_.clear();
  for (const HeaderField& field : stream.trailers.fields()) {
    name_values_.push_back(name_value(field.name, field.value));
  }
  nghttp2_submit_trailer(session_, static_cast<int32_t>(stream.id), name_values_.data(),
                         name_values_.size());
}

void Http2Connection::send_data(Http2Stream& stream, const uint8_t* frame_header, size_t size) {
  constexpr size_t kFrameHeaderBytes = 9;
  outbox_.append({reinterpret_cast<const char*>(frame_header), kFrameHeaderBytes});
  outbox_.append(stream.outgoing.view().substr(0, size));
  stream.outgoing.drain(size);
  output_is_high_ |= outbox_.size() >= limits_.output_high_bytes;
}

void Http2Connection::after_frame_sent(const nghttp2_frame& frame) {
  ++outbox_frames_;
  const bool message = frame.hd.type == NGHTTP2_DATA || frame.hd.type == NGHTTP2_HEADERS;
  outbox_control_frames_ += message ? 0 : 1;
  if (frame.hd.type == NGHTTP2_GOAWAY && frame.goaway.error_code != NGHTTP2_NO_ERROR) {
    judge("http2.protocol_error");
  }
  Http2Stream* const stream = find(static_cast<StreamId>(frame.hd.stream_id));
  if (frame.hd.type == NGHTTP2_RST_STREAM && stream != nullptr) {
    judge(guard_.on_reset());  // the library's own, for wrong content; all others have marked the
                               // stream
  }
  if (!message) {
    return;
  }
  if (frame.hd.type == NGHTTP2_DATA) {
    guard_.on_data_sent();
  }
  const bool ends = (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  if (stream != nullptr && ends && role_ == Role::Server && !stream->end_received) {
    reset(*stream, NGHTTP2_NO_ERROR);  // the rest of the request is of no use (RFC 9113 §8.1)
  }
}

void Http2Connection::pump() {
  in_library_ = true;
  while (true) {
    const uint8_t* bytes = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_, &bytes);
    if (size <= 0) {
      if (size < 0) {
        judge("http2.unwritable");
      }
      break;
    }
    outbox_.append({reinterpret_cast<const char*>(bytes), static_cast<size_t>(size)});
    output_is_high_ |= outbox_.size() >= limits_.output_high_bytes;
    if (output_is_high_) {
      check_output_flood();
    }
  }
  in_library_ = false;
  if (!pending_doom_.empty() && !doomed_) {
    doom(pending_doom_code_, pending_doom_);
  }
}

void Http2Connection::check_output_flood() {
  if (outbox_frames_ > limits_.output_frames ||
      outbox_control_frames_ > limits_.output_control_frames) {
    judge("http2.output_flood");
  }
}

void Http2Connection::flush(Buffer& out) {
  if (in_library_) {
    return;
  }
  do {
    output_is_high_ = out.size() >= limits_.output_high_bytes;
    pump();
    if (outbox_.empty() ||
        (output_is_high_ && !doomed_ && out.size() >= limits_.output_high_bytes)) {
      break;
    }
    out.append(std::move(outbox_));
    outbox_frames_ = outbox_control_frames_ = 0;
  } while (out.size() < limits_.output_high_bytes);
  check_output_flood();
}

bool Http2Connection::wants_flush() const {
  return !outbox_.empty() || nghttp2_session_want_write(session_) != 0;
}

}  // namespace wasmgate::http
