#include "http/http2/http2_client_codec.h"

#include <algorithm>

#include "http/http2/http2_connection.h"
#include "http/message/status.h"
#include "http/rules/refusals.h"

namespace wasmgate::http {
namespace {

class Http2ClientCodec final : public ClientCodec, private Http2Connection::Receiver {
 public:
  Http2ClientCodec(ClientCodecEvents& events, const MessageLimits& limits,
                   const Http2Limits& http2_limits, const Clock& clock)
      : events_(events),
        limits_(limits),
        http2_limits_(http2_limits),
        connection_(Http2Connection::Role::Client, *this, limits_, http2_limits_, clock) {}

  StreamId write_head(const HeaderMap& headers, bool end_stream, Buffer& out) override;
  void write_data(StreamId id, std::string_view data, bool end_stream, Buffer& out) override;
  void write_trailers(StreamId id, const HeaderMap& trailers, Buffer& out) override;
  bool reset(StreamId id, Buffer& out) override;
  size_t feed(std::string_view bytes, Buffer& out) override;
  void on_eof() override { connection_.lose(); }
  void flush(Buffer& out) override { connection_.flush(out); }
  bool wants_flush() const override { return connection_.wants_flush(); }
  size_t buffered(StreamId id) const override;
  void pause(StreamId id) override { set_paused(id, true); }
  void resume(StreamId id) override { set_paused(id, false); }
  bool reusable() const override { return is_open() && connection_.stream_count() < concurrency(); }
  uint32_t concurrency() const override {
    return std::min(http2_limits_.concurrent_streams, connection_.peer_stream_limit());
  }

 private:
  void on_head(Http2Stream& stream, bool end_stream) override;
  void on_data(Http2Stream& stream, std::string_view data) override {
    events_.on_response_data(stream.id, data);
  }
  void on_trailers(Http2Stream& stream) override;
  void on_end(Http2Stream& stream) override { events_.on_response_end(stream.id); }
  void on_reset(Http2Stream& stream) override { events_.on_stream_reset(stream.id); }
  void on_doomed(std::string_view reason) override { events_.on_refusal(0, {502, 45, reason}); }

  void refuse(Http2Stream& stream, const Refusal& refusal);
  bool is_open() const {
    return !connection_.doomed() && !connection_.peer_goes_away() && !connection_.going_away();
  }
  void set_paused(StreamId id, bool paused) {
    if (Http2Stream* stream = connection_.find(id)) {
      connection_.set_paused(*stream, paused);
    }
  }

  ClientCodecEvents& events_;
  const MessageLimits limits_;
  const Http2Limits http2_limits_;
  Http2Connection connection_;
};

StreamId Http2ClientCodec::write_head(const HeaderMap& headers, bool end_stream, Buffer& out) {
  Http2Stream* const stream = connection_.open_stream(headers, end_stream);
  if (stream == nullptr) {
    return 0;
  }
  const StreamId id = stream->id;
  connection_.flush(out);
  return id;
}

void Http2ClientCodec::write_data(StreamId id, std::string_view data, bool end_stream,
                                  Buffer& out) {
  if (Http2Stream* stream = connection_.find(id)) {
    connection_.write_data(*stream, data, end_stream);
    connection_.flush(out);
  }
}

void Http2ClientCodec::write_trailers(StreamId id, const HeaderMap& trailers, Buffer& out) {
  if (Http2Stream* stream = connection_.find(id)) {
    connection_.write_trailers(*stream, trailers);
    connection_.flush(out);
  }
}

bool Http2ClientCodec::reset(StreamId id, Buffer& out) {
  if (Http2Stream* stream = connection_.find(id)) {
    connection_.reset(*stream, NGHTTP2_CANCEL);
    connection_.flush(out);
  }
  return is_open();
}

size_t Http2ClientCodec::feed(std::string_view bytes, Buffer& out) {
  connection_.feed(bytes);
  connection_.flush(out);
  return bytes.size();
}

size_t Http2ClientCodec::buffered(StreamId id) const {
  const Http2Stream* stream = connection_.find(id);
  return stream == nullptr ? 0 : stream->outgoing.size();
}

void Http2ClientCodec::on_head(Http2Stream& stream, bool end_stream) {
  if (const Refusal refusal = stream.fields.complete_response()) {
    return refuse(stream, refusal);
  }
  const int status = status_of(stream.fields.headers());
  if (status >= 200) {
    stream.head_received = true;
    return events_.on_response_head(stream.id, std::move(stream.fields.headers()), end_stream);
  }
  if (++stream.interim_count > limits_.interim_responses) {
    return refuse(stream, refusals::kTooManyInterim);
  }
  events_.on_interim(stream.id, std::move(stream.fields.headers()));
}

void Http2ClientCodec::on_trailers(Http2Stream& stream) {
  if (const Refusal refusal = stream.fields.complete_trailers()) {
    return refuse(stream, refusals::as_bad_response(refusal));
  }
  if (!stream.fields.headers().empty()) {
    events_.on_response_trailers(stream.id, std::move(stream.fields.headers()));
  }
}

void Http2ClientCodec::refuse(Http2Stream& stream, const Refusal& refusal) {
  stream.refused = true;
  connection_.reset(stream, NGHTTP2_PROTOCOL_ERROR);
  events_.on_refusal(stream.id, refusal);
}

}  // namespace

std::unique_ptr<ClientCodec> make_http2_client_codec(ClientCodecEvents& events,
                                                     const MessageLimits& limits,
                                                     const Http2Limits& http2_limits,
                                                     const Clock& clock) {
  return std::make_unique<Http2ClientCodec>(events, limits, http2_limits, clock);
}

}  // namespace wasmgate::http
