#include "http/http1/http1_client_codec.h"

#include <algorithm>
#include <string>

#include "http/http1/body_reader.h"
#include "http/http1/head_reader.h"
#include "http/http1/head_writer.h"
#include "http/http1/whole_head.h"
#include "http/rules/refusals.h"

namespace wasmgate::http {
namespace {

// One exchange at a time; both halves may end in either order.
//
//   request:   None ──write_head──▶ Body ──end──▶ Done
//   response:  None ──write_head──▶ Head (1xx stay here) ──▶ Body ──▶ Done       both Done: both
//   None again
//
// broken_ means: no more bytes are read, no more requests are written.
class Http1ClientCodec final : public ClientCodec {
 public:
  Http1ClientCodec(ClientCodecEvents& events, const MessageLimits& limits)
      : events_(events), limits_(limits), head_(limits_), body_(limits_) {}

  StreamId write_head(const HeaderMap& headers, bool end_stream, Buffer& out) override;
  void write_data(StreamId stream, std::string_view data, bool end_stream, Buffer& out) override;
  void write_trailers(StreamId stream, const HeaderMap& trailers, Buffer& out) override;
  bool reset(StreamId stream, Buffer& out) override;
  size_t feed(std::string_view bytes, Buffer& out) override;
  void on_eof() override;
  void pause(StreamId stream) override { set_paused(stream, true); }
  void resume(StreamId stream) override { set_paused(stream, false); }
  bool reusable() const override {
    return request_ == Request::None && response_ == Response::None && !broken_;
  }
  uint32_t concurrency() const override { return 1; }

 private:
  enum class Request : uint8_t { None, Body, Done };
  enum class Response : uint8_t { None, Head, Body, Done };

  WireFraming choose_framing(const HeaderMap& headers, bool end_stream);
  bool is_writable(StreamId stream) const {
    return stream == stream_ && request_ == Request::Body && !broken_;
  }
  void end_request();
  size_t feed_head(std::string_view bytes);
  size_t feed_body(std::string_view bytes);
  void begin_response(bool more_bytes);
  void take_interim();
  void end_response(bool more_bytes);
  void reset_when_complete();
  void refuse(StreamId stream, const Refusal& refusal);
  void set_paused(StreamId stream, bool paused) {
    if (stream == stream_) {
      paused_ = paused;
    }
  }

  ClientCodecEvents& events_;
  const MessageLimits limits_;
  HeadReader head_;
  BodyReader body_;

  StreamId stream_ = 0;  // of the last request
  Request request_ = Request::None;
  BodyKind request_body_ = BodyKind::None;
  uint64_t request_left_ = 0;
  Response response_ = Response::None;
  size_t interim_count_ = 0;
  bool to_head_ = false;
  bool keep_alive_ = true;
  bool paused_ = false;
  bool broken_ = false;
};

/// Methods for which a request without a body says so, because servers expect one (RFC 9110 §8.6).
bool usually_has_body(std::string_view method) {
  return method == "POST" || method == "PUT" || method == "PATCH";
}

WireFraming Http1ClientCodec::choose_framing(const HeaderMap& headers, bool end_stream) {
  const std::optional<uint64_t> length = content_length_of(headers);
  request_body_ = BodyKind::None;
  if (end_stream) {
    const bool say_zero = length.has_value() || usually_has_body(headers.get(kMethod).value_or(""));
    return {.content_length = say_zero ? std::optional<uint64_t>(0) : std::nullopt};
  }
  if (length) {
    request_body_ = BodyKind::Length;
    request_left_ = *length;
    return {.content_length = length};
  }
  request_body_ = BodyKind::Chunked;
  return {.content_length = std::nullopt, .chunked = true};
}

StreamId Http1ClientCodec::write_head(const HeaderMap& headers, bool end_stream, Buffer& out) {
  if (!reusable()) {
    return 0;
  }
  ++stream_;
  to_head_ = headers.get(kMethod) == "HEAD";
  interim_count_ = 0;
  paused_ = false;
  request_ = Request::Body;
  response_ = Response::Head;
  head_.begin(HeadKind::Response);
  write_request_head(headers, choose_framing(headers, end_stream), out);
  if (end_stream) {
    end_request();
  }
  return stream_;
}

void Http1ClientCodec::write_data(StreamId stream, std::string_view data, bool end_stream,
                                  Buffer& out) {
  if (!is_writable(stream)) {
    return;
  }
  if (request_body_ == BodyKind::Chunked) {
    write_chunk(data, out);
    if (end_stream) {
      write_last_chunk(nullptr, out);
    }
  } else if (request_body_ == BodyKind::Length) {
    const uint64_t size = std::min<uint64_t>(data.size(), request_left_);
    keep_alive_ &=
        size == data.size();  // more than was announced: cut, and no other request after it
    request_left_ -= size;
    out.append(data.substr(0, size));
  }
  if (end_stream) {
    end_request();
  }
}

void Http1ClientCodec::write_trailers(StreamId stream, const HeaderMap& trailers, Buffer& out) {
  if (!is_writable(stream)) {
    return;
  }
  if (request_body_ == BodyKind::Chunked) {
    write_last_chunk(&trailers, out);
  }
  end_request();
}

void Http1ClientCodec::end_request() {
  if (request_body_ == BodyKind::Length && request_left_ != 0) {
    keep_alive_ = false;  // the upstream waits for the rest: this connection carries nothing more
  }
  request_ = Request::Done;
  reset_when_complete();
}

void Http1ClientCodec::reset_when_complete() {
  if (request_ == Request::Done && response_ == Response::Done) {
    request_ = Request::None;
    response_ = Response::None;
    broken_ |= !keep_alive_;
  }
}

bool Http1ClientCodec::reset(StreamId stream, Buffer&) {
  if (reusable()) {
    return true;
  }
  broken_ |= stream == stream_;
  return false;
}

size_t Http1ClientCodec::feed(std::string_view bytes, Buffer&) {
  size_t used = 0;
  while (used < bytes.size() && !broken_) {
    if (paused_) {
      return used;
    }
    if (response_ == Response::Head) {
      used += feed_head(bytes.substr(used));
    } else if (response_ == Response::Body) {
      used += feed_body(bytes.substr(used));
    } else if (keep_alive_) {
      refuse(0, refusals::kBytesAfterEnd);
    } else {
      return bytes.size();
    }
  }
  return broken_ ? bytes.size() : used;
}

size_t Http1ClientCodec::feed_head(std::string_view bytes) {
  const size_t used = head_.feed(bytes);
  if (head_.refusal()) {
    refuse(stream_, refusals::as_bad_response(head_.refusal()));
  } else if (head_.done()) {
    begin_response(used < bytes.size());
  }
  return used;
}

void Http1ClientCodec::begin_response(bool more_bytes) {
  const CompleteHead complete = complete_response_head(head_, to_head_);
  if (complete.refusal) {
    return refuse(stream_, complete.refusal);
  }
  if (head_.facts().status < 200) {
    return take_interim();
  }
  keep_alive_ &= complete.keep_alive;
  body_.begin(complete.body, complete.length);
  response_ = Response::Body;
  const bool ends = body_.done();
  events_.on_response_head(stream_, std::move(head_.headers()), ends);
  if (ends && !broken_) {
    end_response(more_bytes);
  }
}

void Http1ClientCodec::take_interim() {
  if (++interim_count_ > limits_.interim_responses) {
    return refuse(stream_, refusals::kTooManyInterim);
  }
  events_.on_interim(stream_, std::move(head_.headers()));
  head_.begin(HeadKind::Response);
}

size_t Http1ClientCodec::feed_body(std::string_view bytes) {
  const BodyStep step = body_.step(bytes);
  if (body_.refusal()) {
    refuse(stream_, refusals::as_bad_response(body_.refusal()));
    return step.used;
  }
  const bool ends = body_.done();
  if (!step.data.empty()) {
    events_.on_response_data(stream_, step.data);
  }
  if (ends && !broken_) {
    if (body_.kind() == BodyKind::Chunked && !body_.trailers().empty()) {
      events_.on_response_trailers(stream_, std::move(body_.trailers()));
    }
    if (!broken_) {
      end_response(step.used < bytes.size());
    }
  }
  return step.used;
}

/// `more_bytes`: the upstream sent bytes after the end. They are no part of any response, so the
/// connection is lost, and it must look so before the event: its receiver may start the next
/// request at once. On a connection that ends anyway they are thrown away.
void Http1ClientCodec::end_response(bool more_bytes) {
  const StreamId stream = stream_;
  const bool lost = more_bytes && keep_alive_;
  response_ = Response::Done;
  keep_alive_ &= !more_bytes;
  reset_when_complete();
  broken_ |= lost;
  events_.on_response_end(stream);
  if (lost) {
    refuse(0, refusals::kBytesAfterEnd);
  }
}

void Http1ClientCodec::on_eof() {
  if (broken_) {
    return;
  }
  if (response_ == Response::Body && body_.kind() == BodyKind::UntilClose) {
    keep_alive_ = false;
    end_response(false);
    broken_ = true;
  } else if (response_ == Response::Head || response_ == Response::Body) {
    refuse(stream_, refusals::kResponseCut);
  }
  broken_ = true;
}

void Http1ClientCodec::refuse(StreamId stream, const Refusal& refusal) {
  broken_ = true;
  events_.on_refusal(stream, refusal);
}

}  // namespace

std::unique_ptr<ClientCodec> make_http1_client_codec(ClientCodecEvents& events,
                                                     const MessageLimits& limits) {
  return std::make_unique<Http1ClientCodec>(events, limits);
}

}  // namespace wasmgate::http
