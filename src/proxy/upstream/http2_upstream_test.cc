// Clusters that speak HTTP/2: the test plays the server with the house's own server codec.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/h2_server.h"
#include "support/proxy_fixture.h"

namespace wasmgate::proxy {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using wasmgate::testing::H2Server;
using wasmgate::testing::kGet;
using wasmgate::testing::ProxyFixture;

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
  auto call = proxy.worker().async_client().send(std::move(request),
                                                 [&](auto r) { answer.emplace(std::move(r)); });
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
  client->send("POST / HTTP/1.1\r\nHost: a\r\ncontent-length: " + std::to_string(total) +
               "\r\n\r\n");
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
