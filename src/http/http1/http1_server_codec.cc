#include "http/http1/http1_server_codec.h"

#include <algorithm>
#include <string>

#include "http/http1/body_reader.h"
#include "http/http1/head_reader.h"
#include "http/http1/head_writer.h"
#include "http/http1/whole_head.h"
#include "http/message/status.h"

namespace wasmgate::http {
namespace {

// Two halves run at their own pace; when both are complete, the next request begins.
//
//   input:     Head ──▶ Body ──▶ Ending (last events) ──▶ Complete      any ──refusal──▶ Dead
//   response:  None ──write_head──▶ Body ──end──▶ Done
//
// finished_ means: nothing more is read, and the connection ends when the output is flushed.
class Http1ServerCodec final : public ServerCodec {
 public:
  Http1ServerCodec(ServerCodecEvents& events, const MessageLimits& limits, std::string_view scheme)
      : events_(events), limits_(limits), scheme_(scheme), head_(limits_), body_(limits_) {
    head_.begin(HeadKind::Request);
  }

  size_t feed(std::string_view bytes) override;
  void pause(StreamId stream) override { set_paused(stream, true); }
  void resume(StreamId stream) override { set_paused(stream, false); }
  void write_head(StreamId stream, const HeaderMap& headers, bool end_stream, Buffer& out) override;
  void write_interim(StreamId stream, int status, Buffer& out) override;
  void write_data(StreamId stream, std::string_view data, bool end_stream, Buffer& out) override;
  void write_trailers(StreamId stream, const HeaderMap& trailers, Buffer& out) override;
  bool reset(StreamId stream, Buffer& out) override;
  void drain(Buffer& out) override;
  bool idle() const override { return input_ == Input::Head && head_.untouched() && !finished_; }
  bool finished() const override { return finished_; }

 private:
  enum class Input : uint8_t { Head, Body, Ending, Complete, Dead };
  enum class Response : uint8_t { None, Body, Done };

  size_t feed_head(std::string_view bytes);
  size_t feed_body(std::string_view bytes);
  void begin_request();
  void end_request();
  void refuse(StreamId stream, const Refusal& refusal);
  void begin_next_when_complete();
  void set_paused(StreamId stream, bool paused);
  bool input_incomplete() const {
    return input_ == Input::Head || input_ == Input::Body || input_ == Input::Dead;
  }
  bool is_writable(StreamId stream, Response wanted) const {
    return stream == stream_ && response_ == wanted && !finished_;
  }
  bool must_close(int status) const;
  WireFraming choose_framing(const HeaderMap& headers, int status, bool end_stream);
  void end_response();

  ServerCodecEvents& events_;
  const MessageLimits limits_;
  const std::string scheme_;
  HeadReader head_;
  BodyReader body_;
  std::string scratch_;

  Input input_ = Input::Head;
  bool paused_ = false;
  StreamId stream_ = 0;  // of the request in progress; 0 until its head is complete
  StreamId last_stream_ = 0;

  bool http10_ = false;
  bool to_head_ = false;
  bool keep_alive_ = true;
  bool awaits_continue_ = false;
  bool draining_ = false;
  bool finished_ = false;

  Response response_ = Response::None;
  BodyKind response_body_ = BodyKind::None;
  uint64_t response_left_ = 0;
};

size_t Http1ServerCodec::feed(std::string_view bytes) {
  size_t used = 0;
  while (used < bytes.size()) {
    if (finished_ || input_ == Input::Dead) {
      return bytes.size();  // nothing is parsed after the end
    }
    const std::string_view rest = bytes.substr(used);
    if (input_ == Input::Head) {
      used += feed_head(rest);
    } else if (input_ == Input::Body && !paused_) {
      used += feed_body(rest);
    } else {
      break;
    }
  }
  return used;
}

size_t Http1ServerCodec::feed_head(std::string_view bytes) {
  const size_t used = head_.feed(bytes);
  if (head_.refusal()) {
    refuse(0, head_.refusal());
  } else if (head_.done()) {
    begin_request();
  }
  return used;
}

void Http1ServerCodec::begin_request() {
  RequestFacts facts;
  const CompleteHead complete = complete_request_head(head_, limits_, scheme_, scratch_, facts);
  if (complete.refusal) {
    return refuse(0, complete.refusal);
  }
  stream_ = ++last_stream_;
  http10_ = head_.facts().http10;
  to_head_ = head_.facts().method == "HEAD";
  keep_alive_ = complete.keep_alive;
  awaits_continue_ = facts.expect_continue;
  body_.begin(complete.body, complete.length);
  input_ = body_.done() ? Input::Ending : Input::Body;
  const bool ends = input_ == Input::Ending;
  events_.on_request_head(stream_, std::move(head_.headers()), facts);
  if (ends) {
    end_request();
  }
}

size_t Http1ServerCodec::feed_body(std::string_view bytes) {
  const StreamId stream = stream_;
  const BodyStep step = body_.step(bytes);
  if (body_.refusal()) {
    refuse(stream, body_.refusal());
    return step.used;
  }
  const bool ends = body_.done();
  if (ends) {
    input_ = Input::Ending;
  }
  awaits_continue_ = false;
  if (!step.data.empty()) {
    events_.on_request_data(stream, step.data);
  }
  if (ends) {
    if (body_.kind() == BodyKind::Chunked && !body_.trailers().empty() && !finished_) {
      events_.on_request_trailers(stream, std::move(body_.trailers()));
    }
    end_request();
  }
  return step.used;
}

void Http1ServerCodec::end_request() {
  if (finished_) {
    return;
  }
  events_.on_request_end(stream_);
  input_ = Input::Complete;
  begin_next_when_complete();
}

void Http1ServerCodec::refuse(StreamId stream, const Refusal& refusal) {
  http10_ = head_.facts().http10;
  to_head_ = stream != 0 && to_head_;
  input_ = Input::Dead;
  if (stream == 0) {
    stream_ = 0;
    response_ = Response::None;
  }
  events_.on_refusal(stream, refusal);
}

void Http1ServerCodec::begin_next_when_complete() {
  if (input_ != Input::Complete || response_ != Response::Done || finished_) {
    return;
  }
  head_.begin(HeadKind::Request);
  input_ = Input::Head;
  response_ = Response::None;
  stream_ = 0;
  paused_ = false;
}

void Http1ServerCodec::set_paused(StreamId stream, bool paused) {
  if (stream == stream_) {
    paused_ = paused;
  }
}

/// Whether this response is the connection's last (rules 37 and 44 among others).
bool Http1ServerCodec::must_close(int status) const {
  if (!keep_alive_ || draining_ || input_ == Input::Dead ||
      last_stream_ >= limits_.requests_per_connection) {
    return true;
  }
  return input_incomplete() && (status >= 400 || awaits_continue_);
}

WireFraming Http1ServerCodec::choose_framing(const HeaderMap& headers, int status,
                                             bool end_stream) {
  const std::optional<uint64_t> length = content_length_of(headers);
  response_body_ = BodyKind::None;
  if (to_head_ || never_has_body(status)) {
    return {.content_length = to_head_ || status == 304 ? length : std::nullopt};
  }
  if (end_stream) {
    return {.content_length = 0};
  }
  if (length) {
    response_body_ = BodyKind::Length;
    response_left_ = *length;
    return {.content_length = length};
  }
  response_body_ = http10_ ? BodyKind::UntilClose : BodyKind::Chunked;
  return {.content_length = std::nullopt, .chunked = !http10_};
}

void Http1ServerCodec::write_head(StreamId stream, const HeaderMap& headers, bool end_stream,
                                  Buffer& out) {
  if (!is_writable(stream, Response::None) || (stream == 0 && input_ != Input::Dead)) {
    return;
  }
  const int status = status_of(headers);
  const WireFraming framing = choose_framing(headers, status, end_stream);
  keep_alive_ = !must_close(status) && response_body_ != BodyKind::UntilClose;
  ConnectionField connection = ConnectionField::None;
  if (!keep_alive_) {
    connection = ConnectionField::Close;
  } else if (http10_) {
    connection = ConnectionField::KeepAlive;
  }
  write_response_head(headers, status, framing, connection, out);
  response_ = Response::Body;
  if (end_stream) {
    end_response();
  }
}

void Http1ServerCodec::write_interim(StreamId stream, int status, Buffer& out) {
  const bool interim = status >= 100 && status < 200 && status != 101;
  if (!is_writable(stream, Response::None) || stream == 0 || http10_ || !interim) {
    return;
  }
  write_interim_head(status, out);
  if (status == 100) {
    awaits_continue_ = false;
  }
}

void Http1ServerCodec::write_data(StreamId stream, std::string_view data, bool end_stream,
                                  Buffer& out) {
  if (!is_writable(stream, Response::Body)) {
    return;
  }
  if (response_body_ == BodyKind::Chunked) {
    write_chunk(data, out);
    if (end_stream) {
      write_last_chunk(nullptr, out);
    }
  } else if (response_body_ == BodyKind::Length) {
    const uint64_t size = std::min<uint64_t>(data.size(), response_left_);
    keep_alive_ &=
        size == data.size();  // more than was announced: cut, and never another message after it
    response_left_ -= size;
    out.append(data.substr(0, size));
  } else if (response_body_ == BodyKind::UntilClose) {
    out.append(data);
  }
  if (end_stream) {
    end_response();
  }
}

void Http1ServerCodec::write_trailers(StreamId stream, const HeaderMap& trailers, Buffer& out) {
  if (!is_writable(stream, Response::Body)) {
    return;
  }
  if (response_body_ == BodyKind::Chunked) {
    write_last_chunk(&trailers, out);
  }
  end_response();
}

void Http1ServerCodec::end_response() {
  const bool short_body = response_body_ == BodyKind::Length && response_left_ != 0;
  response_ = Response::Done;
  if (!keep_alive_ || draining_ || short_body || input_incomplete()) {
    finished_ = true;
  }
  begin_next_when_complete();
}

bool Http1ServerCodec::reset(StreamId stream, Buffer&) {
  if (stream == stream_) {
    finished_ = true;
  }
  return false;
}

void Http1ServerCodec::drain(Buffer&) {
  draining_ = true;
  if (idle()) {
    finished_ = true;
  }
}

}  // namespace

std::unique_ptr<ServerCodec> make_http1_server_codec(ServerCodecEvents& events,
                                                     const MessageLimits& limits,
                                                     std::string_view scheme) {
  return std::make_unique<Http1ServerCodec>(events, limits, scheme);
}

}  // namespace wasmgate::http
