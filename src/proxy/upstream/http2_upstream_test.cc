// Clusters that speak HTTP/2: the test plays the server with the house's own server codec.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "http/http2/http2_server_codec.h"
#include "support/proxy_fixture.h"

namespace wasmgate::proxy {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using wasmgate::testing::kGet;
using wasmgate::testing::Peer;
using wasmgate::testing::ProxyFixture;

struct Received {
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
    http::HeaderMap head;
    http::set_status(head, 200);
    codec_->write_head(id, head, false, out_);
    codec_->write_data(id, body, end, out_);
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

  std::map<http::StreamId, Received> streams;

 private:
  void send() {
    codec_->flush(out_);
    peer_.send(out_.view());
    out_.clear();
  }
  void on_request_head(http::StreamId id, http::HeaderMap&& headers, const http::RequestFacts&) override {
    streams[id].head = std::move(headers);
  }
  void on_request_data(http::StreamId id, std::string_view data) override { streams[id].body.append(data); }
  void on_request_trailers(http::StreamId id, http::HeaderMap&& t) override { streams[id].trailers = std::move(t); }
  void on_request_end(http::StreamId id) override { streams[id].ended = true; }
  void on_stream_reset(http::StreamId id) override { streams[id].reset = true; }
  void on_refusal(http::StreamId, const http::Refusal& refusal) override { ADD_FAILURE() << refusal.reason; }

  Peer& peer_;
  std::unique_ptr<http::ServerCodec> codec_;
  Buffer out_;
};

class Http2Upstream : public ::testing::Test {
 protected:
  Http2Upstream() {
    proxy.model.clusters[0].http2 = true;
    proxy.start();
  }
  void start_server() {
    server = std::make_unique<H2Server>(proxy.upstream(), proxy.loop.clock());
    poll();
  }
  void poll() {
    for (int i = 0; i < 4; ++i) {
      server->poll();
      proxy.run();
    }
  }

  ProxyFixture proxy;
  std::unique_ptr<H2Server> server;
};

TEST_F(Http2Upstream, CarriesARequestAndItsResponse) {
  auto client = proxy.connect();
  proxy.exchange(*client, "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
  start_server();
  ASSERT_EQ(server->streams.size(), 1u);
  EXPECT_EQ(server->streams[1].head.get(":path"), "/p");
  EXPECT_EQ(server->streams[1].body, "abc");
  EXPECT_TRUE(server->streams[1].ended);
  server->respond(1, "hello");
  proxy.run();
  EXPECT_THAT(client->take(), HasSubstr("hello"));
}

TEST_F(Http2Upstream, SharesOneConnectionBetweenRequests) {
  auto a = proxy.connect();
  auto b = proxy.connect();
  proxy.exchange(*a, kGet);
  start_server();
  proxy.exchange(*b, kGet);
  poll();
  EXPECT_EQ(proxy.upstream_connections(), 1u);
  ASSERT_EQ(server->streams.size(), 2u);
  server->respond(3, "for b");
  proxy.run();
  EXPECT_THAT(b->take(), HasSubstr("for b"));
  EXPECT_EQ(a->take(), "");
  server->respond(1, "for a");
  proxy.run();
  EXPECT_THAT(a->take(), HasSubstr("for a"));
}

TEST_F(Http2Upstream, RequestsThatWaitForTheConnectionShareIt) {
  auto a = proxy.connect();
  auto b = proxy.connect();
  a->send(kGet);
  b->send(kGet);
  proxy.run();
  EXPECT_EQ(proxy.upstream_connections(), 1u);
}

TEST_F(Http2Upstream, ForwardsTrailersBothWaysOfACall) {
  AsyncRequest request;
  request.cluster = "one";
  request.headers.add(http::kMethod, "POST");
  request.headers.add(http::kPath, "/svc/method");
  request.headers.add(http::kAuthority, "svc");
  request.headers.add("te", "trailers");
  request.body = "payload";
  request.trailers.add("x-t", "1");
  std::optional<Result<AsyncResponse>> answer;
  auto call = proxy.worker().async_client().send(std::move(request), [&](auto r) { answer.emplace(std::move(r)); });
  ASSERT_TRUE(call.has_value());
  proxy.run();
  start_server();
  EXPECT_EQ(server->streams[1].body, "payload");
  EXPECT_EQ(server->streams[1].trailers.get("x-t"), "1");
  server->respond(1, "answer", false);
  server->trailers(1, "grpc-status", "0");
  proxy.run();
  ASSERT_TRUE(answer && answer->has_value());
  EXPECT_EQ((*answer)->body, "answer");
  EXPECT_EQ((*answer)->trailers.get("grpc-status"), "0");
}

TEST_F(Http2Upstream, AResetStreamIsOneFailedRequestNotALostConnection) {
  auto a = proxy.connect();
  auto b = proxy.connect();
  proxy.exchange(*a, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
  start_server();
  proxy.exchange(*b, kGet);
  poll();
  server->reset(1);
  poll();
  EXPECT_THAT(a->take(), StartsWith("HTTP/1.1 503 "));
  server->respond(3, "ok");
  poll();
  EXPECT_THAT(b->take(), HasSubstr("ok"));
  EXPECT_EQ(proxy.upstream_connections(), 1u);
}

TEST_F(Http2Upstream, AClientThatLeavesResetsItsStreamOnly) {
  auto a = proxy.connect();
  auto b = proxy.connect();
  proxy.exchange(*a, kGet);
  start_server();
  proxy.exchange(*b, kGet);
  a->finish();
  proxy.run();
  poll();
  EXPECT_TRUE(server->streams[1].reset);
  server->respond(3, "ok");
  poll();
  EXPECT_THAT(b->take(), HasSubstr("ok"));
}

TEST_F(Http2Upstream, AfterGoAwayNewRequestsUseAnotherConnection) {
  auto a = proxy.connect();
  auto b = proxy.connect();
  proxy.exchange(*a, kGet);
  start_server();
  server->go_away();
  poll();
  auto old = std::move(server);
  proxy.exchange(*b, kGet);
  EXPECT_EQ(proxy.upstream_connections(), 2u);
  old->respond(1, "late");
  proxy.run();
  EXPECT_THAT(a->take(), HasSubstr("late"));
}

TEST_F(Http2Upstream, AClosedWindowStopsTheClientAndMemoryStaysBounded) {
  proxy.model.gateway.timeouts.body_min_rate_bytes_per_second = 0;
  proxy.start();
  auto client = proxy.connect();
  client->set_piece(32 * 1024);
  const size_t total = 4 * 1024 * 1024;
  client->send("POST / HTTP/1.1\r\nHost: a\r\ncontent-length: " + std::to_string(total) + "\r\n\r\n");
  proxy.run();
  start_server();
  server->pause(1);
  client->send(std::string(total, 'x'));
  proxy.run();
  poll();
  EXPECT_GT(client->in_flight.size(), total - 1024 * 1024);
  server->resume(1);
  for (int i = 0; i < 400 && !server->streams[1].ended; ++i) {
    poll();
  }
  EXPECT_EQ(server->streams[1].body.size(), total);
  EXPECT_TRUE(server->streams[1].ended);
}

TEST_F(Http2Upstream, BrokenFramesFailEveryRequestOnTheConnection) {
  auto client = proxy.connect();
  proxy.exchange(*client, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
  proxy.upstream().send("HTTP/1.1 400 Bad Request\r\n\r\n");
  proxy.run();
  EXPECT_THAT(client->take(), StartsWith("HTTP/1.1 50"));
  EXPECT_TRUE(proxy.upstream().closed);
}

}  // namespace
}  // namespace wasmgate::proxy
