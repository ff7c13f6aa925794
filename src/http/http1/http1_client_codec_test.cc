#include "http/http1/http1_client_codec.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

namespace wasmgate::http {
namespace {

class Recorder final : public ClientCodecEvents {
 public:
  void on_interim(StreamId, HeaderMap&& headers) override {
    log += "interim" + std::to_string(status_of(headers)) + " ";
  }
  void on_response_head(StreamId stream, HeaderMap&& headers, bool end_stream) override {
    kept = std::move(headers);
    log += "head" + std::to_string(stream) + ":" + std::to_string(status_of(kept)) +
           (end_stream ? "e " : " ");
  }
  void on_response_data(StreamId, std::string_view data) override {
    log.append("data:").append(data).append(" ");
  }
  void on_response_trailers(StreamId, HeaderMap&& trailers) override {
    log += "trailers" + std::to_string(trailers.size()) + " ";
  }
  void on_response_end(StreamId stream) override {
    log += "end" + std::to_string(stream) + " ";
    if (on_end) {
      on_end();
    }
  }
  void on_stream_reset(StreamId) override { log += "reset "; }
  void on_refusal(StreamId stream, const Refusal& refusal) override {
    log += "refusal" + std::to_string(stream) + ":" + std::string(refusal.reason) + " ";
  }

  std::string log;
  HeaderMap kept;
  std::function<void()> on_end;
};

class Http1Client : public testing::Test {
 protected:
  StreamId send(std::string_view method, bool end_stream = true) {
    HeaderMap headers;
    headers.add(kMethod, method);
    headers.add(kPath, "/p?q");
    headers.add(kAuthority, "host:81");
    headers.add(kScheme, "http");
    headers.add("x-a", "1");
    return codec->write_head(headers, end_stream, out);
  }
  void receive(std::string_view bytes) { EXPECT_EQ(codec->feed(bytes, out), bytes.size()); }
  std::string written() {
    std::string text(out.view());
    out.clear();
    return text;
  }

  Recorder events;
  Buffer out;
  std::unique_ptr<ClientCodec> codec = make_http1_client_codec(events, default_response_limits());
};

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

TEST_F(Http1Client, WritesRequestLineHostAndFields) {
  EXPECT_EQ(send("GET"), 1U);
  EXPECT_EQ(written(), "GET /p?q HTTP/1.1\r\nhost: host:81\r\nx-a: 1\r\n\r\n");
}

TEST_F(Http1Client, SaysZeroWhenAnEmptyPostIsSent) {
  send("POST");
  EXPECT_EQ(written(),
            "POST /p?q HTTP/1.1\r\nhost: host:81\r\nx-a: 1\r\ncontent-length: 0\r\n\r\n");
}

TEST_F(Http1Client, FramesUnknownLengthByChunks) {
  send("POST", false);
  codec->write_data(1, "abc", false, out);
  codec->write_data(1, "de", true, out);
  EXPECT_EQ(written(),
            "POST /p?q HTTP/1.1\r\nhost: host:81\r\nx-a: 1\r\ntransfer-encoding: "
            "chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
}

TEST_F(Http1Client, CarriesOneExchangeAfterTheOther) {
  send("GET");
  EXPECT_FALSE(codec->reusable());
  EXPECT_EQ(send("GET"), 0U);
  receive(kOk);
  EXPECT_TRUE(codec->reusable());
  EXPECT_EQ(send("GET"), 2U);
  receive(kOk);
  EXPECT_EQ(events.log, "head1:200 data:ok end1 head2:200 data:ok end2 ");
}

TEST_F(Http1Client, IsNotReusableInTheEndEventWhenBytesFollow) {
  bool reusable = true;
  events.on_end = [&] { reusable = codec->reusable() || send("GET") != 0; };
  send("GET");
  receive(std::string(kOk) + "HTTP/1.1 200 OK\r\n\r\n");
  EXPECT_FALSE(reusable);
  EXPECT_EQ(events.log, "head1:200 data:ok end1 refusal0:http1.bytes_after_end ");
}

TEST_F(Http1Client, StartsTheNextRequestFromTheEndEvent) {
  StreamId next = 0;
  events.on_end = [&] { next = send("GET"); };
  send("GET");
  receive(kOk);
  EXPECT_EQ(next, 2U);
}

TEST_F(Http1Client, RefusesBytesThatNobodyAskedFor) {
  receive("HTTP/1.1 408 Request Timeout\r\n\r\n");
  EXPECT_EQ(events.log, "refusal0:http1.bytes_after_end ");
  EXPECT_FALSE(codec->reusable());
}

TEST_F(Http1Client, EndsABodyWithoutLengthAtTheClose) {
  send("GET");
  receive("HTTP/1.1 200 OK\r\n\r\nabc");
  receive("def");
  codec->on_eof();
  EXPECT_EQ(events.log, "head1:200 data:abc data:def end1 ");
  EXPECT_FALSE(codec->reusable());
}

TEST_F(Http1Client, TellsThatAResponseWasCut) {
  send("GET");
  receive("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc");
  codec->on_eof();
  EXPECT_EQ(events.log, "head1:200 data:abc refusal1:http1.response_cut ");
}

TEST_F(Http1Client, ExpectsNoBodyAfterHead) {
  send("HEAD");
  receive("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(events.log, "head1:200e end1 ");
  EXPECT_EQ(events.kept.get(kContentLength), "5");
  EXPECT_TRUE(codec->reusable());
}

TEST_F(Http1Client, IsNotReusableAfterClose) {
  send("GET");
  receive("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  EXPECT_FALSE(codec->reusable());
}

TEST_F(Http1Client, FollowsHttp10KeepAlive) {
  send("GET");
  receive("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n");
  EXPECT_TRUE(codec->reusable());
  send("GET");
  receive("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n");
  EXPECT_FALSE(codec->reusable());
}

TEST_F(Http1Client, WaitsForItsOwnRequestBeforeReuse) {
  send("POST", false);
  receive(kOk);
  EXPECT_FALSE(codec->reusable());
  codec->write_data(1, "late", true, out);
  EXPECT_TRUE(codec->reusable());
}

TEST_F(Http1Client, IsLostWhenARequestIsShorterThanAnnounced) {
  HeaderMap headers;
  headers.add(kMethod, "PUT");
  headers.add(kPath, "/");
  headers.add(kAuthority, "a");
  headers.add(kContentLength, "5");
  codec->write_head(headers, false, out);
  codec->write_data(1, "abc", true, out);
  receive(kOk);
  EXPECT_FALSE(codec->reusable());
}

TEST_F(Http1Client, PausesBetweenPieces) {
  send("GET");
  receive("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab");
  codec->pause(1);
  EXPECT_EQ(codec->feed("cde", out), 0U);
  codec->resume(1);
  receive("cde");
  EXPECT_EQ(events.log, "head1:200 data:ab data:cde end1 ");
}

TEST_F(Http1Client, ResetLosesTheConnectionUnlessIdle) {
  EXPECT_TRUE(codec->reset(0, out));
  send("GET");
  EXPECT_FALSE(codec->reset(1, out));
  receive(kOk);
  EXPECT_EQ(events.log, "");
  EXPECT_FALSE(codec->reusable());
}

TEST_F(Http1Client, NeverWritesUncleanRequestParts) {
  HeaderMap headers;
  headers.add(kMethod, "GET");
  headers.add(kPath, "/a HTTP/1.1\r\nx: y");
  headers.add(kAuthority, "a");
  headers.add("x-split", "a\nb");
  headers.add("te", "trailers");
  codec->write_head(headers, true, out);
  EXPECT_EQ(written(), "GET  HTTP/1.1\r\nhost: a\r\n\r\n");
}

}  // namespace
}  // namespace wasmgate::http
