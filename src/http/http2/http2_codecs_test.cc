// Both codecs talk to each other over two buffers.

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "http/http2/http2_client_codec.h"
#include "http/http2/http2_server_codec.h"

namespace wasmgate::http {
namespace {

class ServerLog final : public ServerCodecEvents {
 public:
  void on_request_head(StreamId stream, HeaderMap&& headers, const RequestFacts&) override {
    std::swap(head, headers);
    log += "head" + std::to_string(stream) + " ";
    if (on_head) {
      on_head(stream);
    }
  }
  void on_request_data(StreamId, std::string_view data) override { body.append(data); }
  void on_request_trailers(StreamId, HeaderMap&& trailers) override {
    log += "trailers" + std::to_string(trailers.size()) + " ";
  }
  void on_request_end(StreamId stream) override { log += "end" + std::to_string(stream) + " "; }
  void on_stream_reset(StreamId stream) override { log += "reset" + std::to_string(stream) + " "; }
  void on_refusal(StreamId stream, const Refusal& refusal) override {
    log += "refusal" + std::to_string(stream) + ":" + std::string(refusal.reason) + " ";
  }
  std::string log;
  std::string body;
  HeaderMap head;
  std::function<void(StreamId)> on_head;
};

class ClientLog final : public ClientCodecEvents {
 public:
  void on_interim(StreamId, HeaderMap&& headers) override {
    log += "interim" + std::to_string(status_of(headers)) + " ";
  }
  void on_response_head(StreamId stream, HeaderMap&& headers, bool) override {
    head = std::move(headers);
    log += "head" + std::to_string(stream) + ":" + std::to_string(status_of(head)) + " ";
  }
  void on_response_data(StreamId, std::string_view data) override { body.append(data); }
  void on_response_trailers(StreamId, HeaderMap&& headers) override {
    trailers = std::move(headers);
    log += "trailers ";
  }
  void on_response_end(StreamId stream) override { log += "end" + std::to_string(stream) + " "; }
  void on_stream_reset(StreamId stream) override { log += "reset" + std::to_string(stream) + " "; }
  void on_refusal(StreamId stream, const Refusal& refusal) override {
    log += "refusal" + std::to_string(stream) + ":" + std::string(refusal.reason) + " ";
  }
  std::string log;
  std::string body;
  HeaderMap head;
  HeaderMap trailers;
};

class Http2Pair : public testing::Test {
 protected:
  void SetUp() override { make(); }
  void make() {
    server = make_http2_server_codec(server_log, limits, server_limits, clock);
    client = make_http2_client_codec(client_log, default_response_limits(), client_limits, clock);
  }

  /// Carries bytes both ways until nothing moves.
  void exchange() {
    for (int i = 0; i < 1000; ++i) {
      client->flush(to_server);
      server->flush(to_client);
      if (to_server.empty() && to_client.empty()) {
        return;
      }
      const std::string up(to_server.view());
      to_server.clear();
      server->feed(up);
      const std::string down(to_client.view());
      to_client.clear();
      client->feed(down, to_server);
    }
    FAIL() << "it never ends";
  }

  StreamId send(std::string_view method, bool end_stream) {
    HeaderMap headers;
    headers.add(kMethod, method);
    headers.add(kScheme, "http");
    headers.add(kPath, "/p");
    headers.add(kAuthority, "host");
    headers.add("te", "trailers");
    headers.add("connection", "x");
    headers.add("x-bad", "a\nb");
    return client->write_head(headers, end_stream, to_server);
  }
  void respond(StreamId stream, bool end_stream) {
    HeaderMap headers;
    headers.add(kStatus, "200");
    headers.add("te", "trailers");
    server->write_head(stream, headers, end_stream, to_client);
  }

  MessageLimits limits;
  Http2Limits server_limits;
  Http2Limits client_limits;
  ManualClock clock;
  ServerLog server_log;
  ClientLog client_log;
  Buffer to_server;
  Buffer to_client;
  std::unique_ptr<ServerCodec> server;
  std::unique_ptr<ClientCodec> client;
};

TEST_F(Http2Pair, CarriesARequestWithCleanFieldsOnly) {
  EXPECT_EQ(send("GET", true), 1U);
  exchange();
  EXPECT_EQ(server_log.log, "head1 end1 ");
  EXPECT_EQ(server_log.head.get("te"), "trailers");
  EXPECT_FALSE(server_log.head.contains("connection"));
  EXPECT_FALSE(server_log.head.contains("x-bad"));
  respond(1, true);
  exchange();
  EXPECT_EQ(client_log.log, "head1:200 end1 ");
  EXPECT_FALSE(client_log.head.contains("te"));
  EXPECT_TRUE(server->idle());
  EXPECT_TRUE(client->reusable());
}

TEST_F(Http2Pair, CarriesTrailersBothWays) {
  HeaderMap trailers;
  trailers.add("grpc-status", "0");
  trailers.add("content-length", "7");
  send("POST", false);
  client->write_data(1, "abc", false, to_server);
  client->write_trailers(1, trailers, to_server);
  exchange();
  EXPECT_EQ(server_log.log, "head1 trailers1 end1 ");
  EXPECT_EQ(server_log.body, "abc");
  respond(1, false);
  server->write_data(1, "def", false, to_client);
  server->write_trailers(1, trailers, to_client);
  exchange();
  EXPECT_EQ(client_log.log, "head1:200 trailers end1 ");
  EXPECT_EQ(client_log.body, "def");
  EXPECT_EQ(client_log.trailers.get("grpc-status"), "0");
}

TEST_F(Http2Pair, CarriesBodiesThatAreLargerThanTheWindows) {
  const std::string large(3'000'000, 'x');
  send("POST", false);
  client->write_data(1, large, true, to_server);
  EXPECT_GT(client->buffered(1), 2'000'000U);
  exchange();
  EXPECT_EQ(server_log.body.size(), large.size());
  respond(1, false);
  server->write_data(1, large, true, to_client);
  EXPECT_GT(server->buffered(1), 2'000'000U);
  exchange();
  EXPECT_EQ(client_log.body.size(), large.size());
  EXPECT_EQ(server->buffered(1), 0U);
}

TEST_F(Http2Pair, StopsAtTheWindowOfAPausedStreamOnly) {
  send("POST", false);
  send("POST", false);
  exchange();
  server->pause(1);
  const std::string body(200'000, 'x');
  client->write_data(1, body, true, to_server);
  exchange();
  EXPECT_LE(server_log.body.size(), 65'536U);
  EXPECT_GT(client->buffered(1), 0U);
  server_log.body.clear();
  client->write_data(3, body, true, to_server);
  exchange();
  EXPECT_EQ(server_log.body.size(), body.size());
  server->resume(1);
  exchange();
  EXPECT_EQ(client->buffered(1), 0U);
  EXPECT_NE(server_log.log.find("end1 "), std::string::npos);
}

TEST_F(Http2Pair, HoldsDataBackWhileTheOutputIsHigh) {
  server_limits.output_high_bytes = 10'000;
  client_limits.stream_window_bytes = 1'000'000;
  make();
  send("GET", true);
  exchange();
  respond(1, false);
  server->write_data(1, std::string(500'000, 'x'), true, to_client);
  EXPECT_LT(to_client.size(), 50'000U);
  EXPECT_TRUE(server->wants_flush());
  EXPECT_GT(server->buffered(1), 400'000U);
  exchange();
  EXPECT_EQ(client_log.body.size(), 500'000U);
}

TEST_F(Http2Pair, EndsWhenAcknowledgmentsPileUp) {
  server_limits.output_high_bytes = 1;
  server_limits.output_control_frames = 50;
  make();
  to_client.append("not taken by the client yet");
  send("GET", true);
  server->feed(to_server.view());
  const std::string ping = std::string("\0\0\x08\x06\0\0\0\0\0", 9) + "12345678";
  for (int i = 0; i < 60 && !server->finished(); ++i) {
    server->feed(ping);
    server->flush(to_client);
  }
  EXPECT_TRUE(server->finished());
  EXPECT_EQ(server_log.log, "head1 end1 reset1 refusal0:http2.output_flood ");
}

TEST_F(Http2Pair, ResetsABodyThatDiffersFromItsLength) {
  for (const std::string_view body : {"abcd", "ab"}) {
    server_log.log.clear();
    HeaderMap headers;
    headers.add(kMethod, "PUT");
    headers.add(kScheme, "http");
    headers.add(kPath, "/");
    headers.add(kAuthority, "a");
    headers.add(kContentLength, "3");
    const StreamId stream = client->write_head(headers, false, to_server);
    client->write_data(stream, body, true, to_server);
    exchange();
    EXPECT_EQ(server_log.log.find("end"), std::string::npos);
    EXPECT_NE(server_log.log.find("reset"), std::string::npos);
  }
}

TEST_F(Http2Pair, NeverSendsABodyToHead) {
  send("HEAD", true);
  exchange();
  HeaderMap headers;
  headers.add(kStatus, "200");
  headers.add(kContentLength, "4");
  server->write_head(1, headers, false, to_client);
  server->write_data(1, "body", true, to_client);
  exchange();
  EXPECT_EQ(client_log.log, "head1:200 end1 ");
  EXPECT_EQ(client_log.body, "");
  EXPECT_EQ(client_log.head.get(kContentLength), "4");
}

TEST_F(Http2Pair, DropsALengthThatNoBodyFollows) {
  send("GET", true);
  exchange();
  HeaderMap headers;
  headers.add(kStatus, "200");
  headers.add(kContentLength, "4");
  server->write_head(1, headers, true, to_client);
  exchange();
  EXPECT_EQ(client_log.log, "head1:200 end1 ");
  EXPECT_FALSE(client_log.head.contains(kContentLength));
}

TEST_F(Http2Pair, SendsInterimAnswers) {
  send("POST", false);
  exchange();
  server->write_interim(1, 100, to_client);
  exchange();
  EXPECT_EQ(client_log.log, "interim100 ");
}

TEST_F(Http2Pair, TellsTheOtherSideAboutResets) {
  send("POST", false);
  exchange();
  EXPECT_TRUE(client->reset(1, to_server));
  exchange();
  EXPECT_EQ(server_log.log, "head1 reset1 ");
  send("POST", false);
  exchange();
  EXPECT_TRUE(server->reset(3, to_client));
  exchange();
  EXPECT_EQ(client_log.log, "reset3 ");
}

TEST_F(Http2Pair, FinishesStreamsInProgressWhenDraining) {
  send("GET", true);
  exchange();
  server->drain(to_client);
  exchange();
  EXPECT_FALSE(server->finished());
  EXPECT_FALSE(client->reusable());
  EXPECT_EQ(send("GET", true), 0U);
  respond(1, true);
  exchange();
  EXPECT_EQ(client_log.log, "head1:200 end1 ");
  EXPECT_TRUE(server->finished());
}

TEST_F(Http2Pair, OpensNoMoreStreamsThanThePeerAllows) {
  server_limits.concurrent_streams = 2;
  make();
  send("POST", false);
  exchange();
  EXPECT_EQ(client->concurrency(), 2U);
  EXPECT_EQ(send("POST", false), 3U);
  EXPECT_FALSE(client->reusable());
  EXPECT_EQ(send("POST", false), 0U);
}

TEST_F(Http2Pair, AnswersFromInsideTheHeadEvent) {
  server_log.on_head = [&](StreamId stream) { respond(stream, true); };
  send("GET", true);
  exchange();
  EXPECT_EQ(client_log.log, "head1:200 end1 ");
}

TEST_F(Http2Pair, TellsEveryStreamAtTheEndOfInput) {
  send("GET", true);
  send("GET", true);
  exchange();
  client->on_eof();
  EXPECT_FALSE(client->reusable());
  EXPECT_NE(client_log.log.find("reset1 "), std::string::npos);
  EXPECT_NE(client_log.log.find("reset3 "), std::string::npos);
}

TEST_F(Http2Pair, IgnoresStreamsThatItDoesNotKnow) {
  exchange();
  server->write_head(9, server_log.head, true, to_client);
  server->write_data(9, "x", true, to_client);
  server->pause(9);
  EXPECT_EQ(server->buffered(9), 0U);
  EXPECT_TRUE(to_client.empty());
}

TEST(MatchHttp2Preface, WantsAllTwentyFourBytes) {
  EXPECT_EQ(match_http2_preface(""), PrefaceMatch::Maybe);
  EXPECT_EQ(match_http2_preface("PRI * HTTP/2.0\r\n\r\nSM"), PrefaceMatch::Maybe);
  EXPECT_EQ(match_http2_preface("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nmore"), PrefaceMatch::Yes);
  EXPECT_EQ(match_http2_preface("P0"), PrefaceMatch::No);
  EXPECT_EQ(match_http2_preface("GET / HTTP/1.1\r\n"), PrefaceMatch::No);
}

}  // namespace
}  // namespace wasmgate::http
