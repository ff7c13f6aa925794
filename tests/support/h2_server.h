#pragma once
// An HTTP/2 server in a test's hands, on the far end of a memory transport, made of the house's own
// server codec.

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "http/http2/http2_server_codec.h"
#include "support/memory_transport.h"

namespace wasmgate::testing {

struct ReceivedRequest {
  http::HeaderMap head;
  std::string body;
  http::HeaderMap trailers;
  bool ended = false;
  bool reset = false;
};

/// An HTTP/2 server behind a peer.
class H2Server final : private http::ServerCodecEvents {
 public:
  H2Server(Peer& peer, const Clock& clock)
      : peer_(peer), codec_(http::make_http2_server_codec(*this, {}, http::Http2Limits{}, clock)) {}

  void poll() {
    codec_->feed(peer_.take());
    send();
  }
  void respond(http::StreamId id, std::string_view body, bool end = true) {
    head(id, false);
    data(id, body, end);
  }
  /// A response's head: 200, or `fields`.
  void head(http::StreamId id, bool end,
            const std::vector<std::pair<std::string, std::string>>& fields = {{":status", "200"}}) {
    http::HeaderMap map;
    for (const auto& [name, value] : fields) {
      map.add(name, value);
    }
    codec_->write_head(id, map, end, out_);
    send();
  }
  void data(http::StreamId id, std::string_view bytes, bool end = false) {
    codec_->write_data(id, bytes, end, out_);
    send();
  }
  void trailers(http::StreamId id, std::string_view name, std::string_view value) {
    http::HeaderMap map;
    map.add(name, value);
    codec_->write_trailers(id, map, out_);
    send();
  }
  void reset(http::StreamId id) {
    codec_->reset(id, out_);
    send();
  }
  void go_away() {
    codec_->drain(out_);
    send();
  }
  void pause(http::StreamId id) { codec_->pause(id); }
  void resume(http::StreamId id) {
    codec_->resume(id);
    send();
  }

  std::map<http::StreamId, ReceivedRequest> streams;

 private:
  void send() {
    codec_->flush(out_);
    peer_.send(out_.view());
    out_.clear();
  }
  void on_request_head(http::StreamId id, http::HeaderMap&& headers,
                       const http::RequestFacts&) override {
    streams[id].head = std::move(headers);
  }
  void on_request_data(http::StreamId id, std::string_view data) override {
    streams[id].body.append(data);
  }
  void on_request_trailers(http::StreamId id, http::HeaderMap&& t) override {
    streams[id].trailers = std::move(t);
  }
  void on_request_end(http::StreamId id) override { streams[id].ended = true; }
  void on_stream_reset(http::StreamId id) override { streams[id].reset = true; }
  void on_refusal(http::StreamId, const http::Refusal& refusal) override {
    ADD_FAILURE() << refusal.reason;
  }

  Peer& peer_;
  std::unique_ptr<http::ServerCodec> codec_;
  Buffer out_;
};

}  // namespace wasmgate::testing
