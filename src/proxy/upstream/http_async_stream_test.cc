#include "proxy/upstream/http_async_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/h2_server.h"
#include "support/proxy_fixture.h"

namespace wasmgate::proxy {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using wasmgate::testing::H2Server;
using wasmgate::testing::ProxyFixture;

class AsyncStreamTest : public ::testing::Test, protected AsyncStreamEvents {
 protected:
  AsyncStreamTest() {
    proxy.model.clusters[0].http2 = true;
    proxy.start();
  }

  AsyncStreamRequest request() {
    AsyncStreamRequest out;
    out.cluster = "one";
    out.headers.add(http::kMethod, "POST");
    out.headers.add(http::kPath, "/s/m");
    out.headers.add(http::kAuthority, "s");
    return out;
  }
  void open(AsyncStreamRequest wanted) {
    auto opened = proxy.worker().async_client().open(std::move(wanted), *this);
    ASSERT_TRUE(opened.has_value());
    stream = std::move(*opened);
    EXPECT_THAT(told, ElementsAre()) << "nothing is told before open() has returned";
    proxy.run();
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

  void on_stream_head(http::HeaderMap& headers, bool end) override {
    note("head " + std::string(headers.get(http::kStatus).value_or("")), end);
  }
  void on_stream_data(std::string_view data, bool end) override {
    note("data " + std::string(data), end);
  }
  void on_stream_trailers(http::HeaderMap& trailers) override {
    note("trailers " + std::string(trailers.get("t").value_or("")), true);
  }
  void on_stream_failure(const Error& error) override { note("failure " + error.detail, true); }
  void note(std::string what, bool end) {
    told.push_back(std::move(what) + (end ? "." : ""));
    if (told.size() == drop_after) {
      stream.reset();
    }
  }

  ProxyFixture proxy;
  std::unique_ptr<H2Server> server;
  std::unique_ptr<AsyncStream> stream;
  std::vector<std::string> told;
  size_t drop_after = SIZE_MAX;
};

TEST_F(AsyncStreamTest, SendsAndReceivesInBothDirectionsAtOnce) {
  open(request());
  start_server();
  stream->send("one", false);
  poll();
  EXPECT_EQ(server->streams[1].body, "one");
  EXPECT_FALSE(server->streams[1].ended);
  server->respond(1, "two", false);
  poll();
  stream->send("three", true);
  poll();
  EXPECT_EQ(server->streams[1].body, "onethree");
  EXPECT_TRUE(server->streams[1].ended);
  server->trailers(1, "t", "9");
  poll();
  EXPECT_THAT(told, ElementsAre("head 200", "data two", "trailers 9."));
}

TEST_F(AsyncStreamTest, KeepsWhatIsSentBeforeThereIsAConnection) {
  auto opened = proxy.worker().async_client().open(request(), *this);
  stream = std::move(*opened);
  stream->send("early", true);
  proxy.run();
  start_server();
  EXPECT_EQ(server->streams[1].body, "early");
  EXPECT_TRUE(server->streams[1].ended);
}

TEST_F(AsyncStreamTest, AnAnswerBeforeTheRequestsEndFreesItsPlace) {
  for (http::StreamId id = 1; id < 500; id += 2) {  // more than one connection carries at once
    told.clear();
    open(request());
    if (server == nullptr) {
      start_server();
    }
    poll();
    server->respond(id, "no", true);
    poll();
    ASSERT_THAT(told, ElementsAre("head 200", "data no", "data .")) << id;
    stream->send("late", true);
    poll();
    EXPECT_EQ(server->streams[id].body, "");
    proxy.advance(milliseconds(100));  // a server counts resets per second
  }
  EXPECT_EQ(proxy.upstream_connections(), 1u);
}

TEST_F(AsyncStreamTest, DestroyingItResetsTheStreamOnly) {
  open(request());
  start_server();
  stream.reset();
  poll();
  EXPECT_TRUE(server->streams[1].reset);
  EXPECT_FALSE(proxy.upstream().closed);
  EXPECT_TRUE(told.empty());
}

TEST_F(AsyncStreamTest, MayBeDestroyedByAnyOfItsEvents) {
  drop_after = 1;
  open(request());
  start_server();
  server->respond(1, "x", false);
  server->trailers(1, "t", "1");
  poll();
  EXPECT_THAT(told, ElementsAre("head 200"));
}

TEST_F(AsyncStreamTest, TimesOut) {
  AsyncStreamRequest wanted = request();
  wanted.timeout = milliseconds(50);
  open(std::move(wanted));
  start_server();
  proxy.advance(milliseconds(60));
  poll();
  EXPECT_TRUE(server->streams[1].reset);
  EXPECT_THAT(told, ElementsAre("failure timeout."));
}

TEST_F(AsyncStreamTest, AResetStreamIsOneFailure) {
  open(request());
  start_server();
  server->reset(1);
  poll();
  EXPECT_THAT(told, ElementsAre("failure reset."));
}

TEST_F(AsyncStreamTest, TellsWhyThereIsNoConnection) {
  proxy.connector.failures["10.0.0.1:80"] = net::CloseReason::ConnectRefused;
  open(request());
  EXPECT_THAT(told, ElementsAre("failure connection refused."));
}

TEST_F(AsyncStreamTest, WhatTheUpstreamDoesNotTakeIsBounded) {
  AsyncStreamRequest wanted = request();
  wanted.waiting_limit_bytes = 1000;
  open(std::move(wanted));
  start_server();
  server->pause(1);
  const std::string piece(256 * 1024, 'x');
  for (int i = 0; i < 40 && told.empty(); ++i) {
    stream->send(piece, false);
    poll();
  }
  EXPECT_THAT(told, ElementsAre("failure too much waits to be sent."));
}

TEST_F(AsyncStreamTest, WhatWasHeldGoesOnWhenTheWindowOpens) {
  AsyncStreamRequest wanted = request();
  wanted.waiting_limit_bytes = 16 * 1024 * 1024;
  open(std::move(wanted));
  start_server();
  server->pause(1);
  const std::string piece(256 * 1024, 'x');
  for (int i = 0; i < 8; ++i) {
    stream->send(piece, i == 7);
    poll();
  }
  EXPECT_LT(server->streams[1].body.size(), 8 * piece.size());
  server->resume(1);
  for (int i = 0; i < 400 && !server->streams[1].ended; ++i) {
    poll();
  }
  EXPECT_EQ(server->streams[1].body.size(), 8 * piece.size());
  EXPECT_TRUE(server->streams[1].ended);
}

TEST_F(AsyncStreamTest, RefusesUnknownClustersAndThoseWithoutHttp2) {
  AsyncStreamRequest wanted = request();
  wanted.cluster = "none";
  EXPECT_EQ(proxy.worker().async_client().open(std::move(wanted), *this).error().code,
            ErrorCode::NotFound);
  ProxyFixture plain;
  plain.start();
  EXPECT_EQ(plain.worker().async_client().open(request(), *this).error().code,
            ErrorCode::Unsupported);
}

TEST_F(AsyncStreamTest, EndpointsAreTheClustersWithTheirHealth) {
  EXPECT_THAT(proxy.worker().async_client().endpoints("alias"),
              ElementsAre(std::pair<std::string, bool>("10.0.0.1:80", true)));
  EXPECT_TRUE(proxy.worker().async_client().endpoints("none").empty());
}

}  // namespace
}  // namespace wasmgate::proxy
