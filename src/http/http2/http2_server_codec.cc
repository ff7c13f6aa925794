#include "http/http2/http2_server_codec.h"

#include <algorithm>
#include <string>

#include "http/http2/http2_connection.h"
#include "http/message/status.h"

namespace wasmgate::http {
namespace {

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

class Http2ServerCodec final : public ServerCodec, private Http2Connection::Receiver {
 public:
  Http2ServerCodec(ServerCodecEvents& events, const MessageLimits& limits,
                   const Http2Limits& http2_limits, const Clock& clock, std::string_view scheme)
      : events_(events),
        limits_(limits),
        http2_limits_(http2_limits),
        scheme_(scheme),
        connection_(Http2Connection::Role::Server, *this, limits_, http2_limits_, clock) {}

  size_t feed(std::string_view bytes) override {
    connection_.feed(bytes);
    return bytes.size();
  }
  void flush(Buffer& out) override { connection_.flush(out); }
  bool wants_flush() const override { return connection_.wants_flush(); }
  size_t buffered(StreamId id) const override;
  void pause(StreamId id) override { set_paused(id, true); }
  void resume(StreamId id) override { set_paused(id, false); }
  void write_head(StreamId id, const HeaderMap& headers, bool end_stream, Buffer& out) override;
  void write_interim(StreamId id, int status, Buffer& out) override;
  void write_data(StreamId id, std::string_view data, bool end_stream, Buffer& out) override;
  void write_trailers(StreamId id, const HeaderMap& trailers, Buffer& out) override;
  bool reset(StreamId id, Buffer& out) override;
  void drain(Buffer& out) override;
  bool idle() const override { return connection_.stream_count() == 0 && !finished(); }
  bool finished() const override;

 private:
  void on_head(Http2Stream& stream, bool end_stream) override;
  void on_data(Http2Stream& stream, std::string_view data) override {
    events_.on_request_data(stream.id, data);
  }
  void on_trailers(Http2Stream& stream) override;
  void on_end(Http2Stream& stream) override { events_.on_request_end(stream.id); }
  void on_reset(Http2Stream& stream) override { events_.on_stream_reset(stream.id); }
  void on_doomed(std::string_view reason) override { events_.on_refusal(0, {400, 0, reason}); }

  void refuse(Http2Stream& stream, const Refusal& refusal);
  void set_paused(StreamId id, bool paused) {
    if (Http2Stream* stream = connection_.find(id)) {
      connection_.set_paused(*stream, paused);
    }
  }

  ServerCodecEvents& events_;
  const MessageLimits limits_;
  const Http2Limits http2_limits_;
  const std::string scheme_;
  uint64_t requests_ = 0;
  Http2Connection connection_;
};

void Http2ServerCodec::on_head(Http2Stream& stream, bool end_stream) {
  RequestFacts facts;
  facts.end_stream = end_stream;
  const Refusal refusal = stream.fields.complete_request(limits_, scheme_, facts);
  stream.to_head = stream.fields.headers().fields().front().value == "HEAD";
  if (++requests_ >= limits_.requests_per_connection) {
    connection_.go_away();
  }
  if (refusal) {
    return refuse(stream, refusal);
  }
  stream.head_received = true;
  events_.on_request_head(stream.id, std::move(stream.fields.headers()), facts);
}

void Http2ServerCodec::on_trailers(Http2Stream& stream) {
  if (stream.fields.complete_trailers()) {
    connection_.reset(stream, NGHTTP2_PROTOCOL_ERROR);
    events_.on_stream_reset(stream.id);
  } else if (!stream.fields.headers().empty()) {
    events_.on_request_trailers(stream.id, std::move(stream.fields.headers()));
  }
}

void Http2ServerCodec::refuse(Http2Stream& stream, const Refusal& refusal) {
  stream.refused = true;
  events_.on_refusal(stream.id, refusal);
  if (!stream.head_sent) {
    connection_.reset(stream, NGHTTP2_PROTOCOL_ERROR);
  }
}

size_t Http2ServerCodec::buffered(StreamId id) const {
  const Http2Stream* stream = connection_.find(id);
  return stream == nullptr ? 0 : stream->outgoing.size();
}

void Http2ServerCodec::write_head(StreamId id, const HeaderMap& headers, bool end_stream,
                                  Buffer& out) {
  if (Http2Stream* stream = connection_.find(id)) {
    const bool no_body = stream->to_head || never_has_body(status_of(headers));
    connection_.write_response(*stream, headers, end_stream || no_body);
    connection_.flush(out);
  }
}

void Http2ServerCodec::write_interim(StreamId id, int status, Buffer& out) {
  if (Http2Stream* stream = connection_.find(id)) {
    connection_.write_interim(*stream, status);
    connection_.flush(out);
  }
}

void Http2ServerCodec::write_data(StreamId id, std::string_view data, bool end_stream,
                                  Buffer& out) {
  if (Http2Stream* stream = connection_.find(id)) {
    connection_.write_data(*stream, data, end_stream);
    connection_.flush(out);
  }
}

void Http2ServerCodec::write_trailers(StreamId id, const HeaderMap& trailers, Buffer& out) {
  if (Http2Stream* stream = connection_.find(id)) {
    connection_.write_trailers(*stream, trailers);
    connection_.flush(out);
  }
}

bool Http2ServerCodec::reset(StreamId id, Buffer& out) {
  if (Http2Stream* stream = connection_.find(id)) {
    connection_.reset(*stream, NGHTTP2_INTERNAL_ERROR);
    connection_.flush(out);
  }
  return !connection_.doomed();
}

void Http2ServerCodec::drain(Buffer& out) {
  connection_.go_away();
  connection_.flush(out);
}

bool Http2ServerCodec::finished() const {
  const bool ends = connection_.going_away() || connection_.peer_goes_away();
  return connection_.doomed() || (ends && connection_.stream_count() == 0);
}

}  // namespace

std::unique_ptr<ServerCodec> make_http2_server_codec(ServerCodecEvents& events,
                                                     const MessageLimits& limits,
                                                     const Http2Limits& http2_limits,
                                                     const Clock& clock, std::string_view scheme) {
  return std::make_unique<Http2ServerCodec>(events, limits, http2_limits, clock, scheme);
}

PrefaceMatch match_http2_preface(std::string_view bytes) {
  const size_t size = std::min(bytes.size(), kPreface.size());
  if (bytes.substr(0, size) != kPreface.substr(0, size)) {
    return PrefaceMatch::No;
  }
  return size == kPreface.size() ? PrefaceMatch::Yes : PrefaceMatch::Maybe;
}

}  // namespace wasmgate::http
