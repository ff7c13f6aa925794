#include "proxy/proxy_worker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/proxy_fixture.h"

namespace wasmgate::proxy {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using wasmgate::testing::kGet;
using wasmgate::testing::kOk;
using wasmgate::testing::LambdaFactory;
using wasmgate::testing::ProxyFixture;

// ---- one request ----

TEST(ProxyWorker, ForwardsARequestAndItsResponse) {
  ProxyFixture proxy;
  proxy.start();
  auto client = proxy.connect();
  EXPECT_EQ(
      proxy.exchange(*client,
                     "GET /x?q=1 HTTP/1.1\r\nHost: a.com\r\nX-Own: 1\r\nX-Request-Id: id\r\n\r\n"),
      "");
  ASSERT_EQ(proxy.upstream_connections(), 1u);
  EXPECT_EQ(proxy.upstream().address.to_string(), "10.0.0.1:80");
  const std::string sent = proxy.upstream().take();
  EXPECT_THAT(sent, StartsWith("GET /x?q=1 HTTP/1.1\r\n"));
  EXPECT_THAT(sent, HasSubstr("host: a.com\r\n"));
  EXPECT_THAT(sent, HasSubstr("x-own: 1\r\n"));
  EXPECT_THAT(sent, HasSubstr("x-request-id: id\r\n"));
  proxy.upstream().send("HTTP/1.1 201 Created\r\nx-up: 2\r\ncontent-length: 5\r\n\r\nhello");
  proxy.run();
  const std::string got = client->take();
  EXPECT_THAT(got, StartsWith("HTTP/1.1 201 Created\r\n"));
  EXPECT_THAT(got, HasSubstr("x-up: 2\r\n"));
  EXPECT_THAT(got, EndsWith("\r\n\r\nhello"));
  EXPECT_EQ(proxy.worker().active_streams(), 0u);
}

TEST(ProxyWorker, AddsARequestIdAndWhereTheRequestCameFrom) {
  ProxyFixture proxy;
  proxy.start();
  auto client = proxy.connect();
  proxy.exchange(*client, kGet);
  const std::string sent = proxy.upstream().take();
  EXPECT_THAT(
      sent, ::testing::MatchesRegex("GET /x HTTP/1.1\r\nhost: a.com\r\nx-request-id: [0-9a-f-]+\r\n"
                                    "x-forwarded-for: [0-9.]+\r\nx-forwarded-proto: http\r\n\r\n"));
}

TEST(ProxyWorker, SendsOncePerSideAndRequest) {
  ProxyFixture proxy;
  proxy.start();
  auto client = proxy.connect();
  proxy.exchange(*client, kGet);
  const size_t before = proxy.upstream().transport->sends() + client->transport->sends();
  proxy.upstream().send(kOk);
  proxy.run();
  proxy.exchange(*client, kGet);
  proxy.upstream().send(kOk);
  proxy.run();
  EXPECT_EQ(proxy.upstream().transport->sends() + client->transport->sends(), before + 3);
}

TEST(ProxyWorker, StreamsARequestBodyAndAChunkedResponse) {
  ProxyFixture proxy;
  proxy.start();
  auto client = proxy.connect();
  proxy.exchange(*client,
                 "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  EXPECT_THAT(proxy.upstream().take(), EndsWith("\r\n\r\n3\r\nabc\r\n"));
  proxy.exchange(*client, "2\r\nde\r\n0\r\n\r\n");
  EXPECT_EQ(proxy.upstream().take(), "2\r\nde\r\n0\r\n\r\n");
  proxy.upstream().send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nwiki\r\n");
  proxy.run();
  EXPECT_THAT(client->take(), EndsWith("4\r\nwiki\r\n"));
  proxy.upstream().send("0\r\n\r\n");
  proxy.run();
  EXPECT_EQ(client->take(), "0\r\n\r\n");
}

TEST(ProxyWorker, ForwardsHeadAndNoContentWithoutBodies) {
  ProxyFixture proxy;
  proxy.start();
  auto client = proxy.connect();
  proxy.exchange(*client, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  proxy.upstream().send("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n");
  proxy.run();
  EXPECT_THAT(client->take(), HasSubstr("content-length: 10\r\n"));
  proxy.exchange(*client, "DELETE / HTTP/1.1\r\nHost: a\r\n\r\n");
  proxy.upstream().send("HTTP/1.1 204 No Content\r\n\r\n");
  proxy.run();
  EXPECT_THAT(client->take(), StartsWith("HTTP/1.1 204 No Content\r\n"));
  EXPECT_EQ(proxy.upstream_connections(), 1u);
}

TEST(ProxyWorker, AnswersContinueAndTakesTheFieldAway) {
  ProxyFixture proxy;
  proxy.start();
  auto client = proxy.connect();
  const std::string got = proxy.exchange(
      *client, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_THAT(got, StartsWith("HTTP/1.1 100 "));
  EXPECT_THAT(proxy.upstream().take(), Not(HasSubstr("expect")));
  proxy.exchange(*client, "ab");
  EXPECT_EQ(proxy.upstream().take(), "ab");
}

TEST(ProxyWorker, EveryCutOfTheBytesGivesTheSame) {
  const std::string request =
      "POST /p HTTP/1.1\r\nHost: a\r\nX-Request-Id: i\r\nContent-Length: 5\r\n\r\nhello";
  std::string expected;
  for (size_t piece = 1; piece < request.size() + 1; ++piece) {
    ProxyFixture proxy;
    proxy.start();
    auto client = proxy.connect();
    client->set_piece(piece);
    proxy.exchange(*client, request);
    const std::string sent = proxy.upstream().take();
    expected = expected.empty() ? sent : expected;
    ASSERT_EQ(sent, expected) << "piece " << piece;
    proxy.upstream().set_piece(piece);
    proxy.upstream().send(kOk);
    proxy.run();
    ASSERT_THAT(client->take(), EndsWith("\r\n\r\nok")) << "piece " << piece;
  }
}

// ---- connections of clients ----

TEST(ProxyWorker, KeepsBothConnectionsForTheNextRequest) {
  ProxyFixture proxy;
  proxy.start();
  auto client = proxy.connect();
  for (int i = 0; i < 5; ++i) {
    proxy.exchange(*client, kGet);
    proxy.upstream().send(kOk);
    proxy.run();
    EXPECT_THAT(client->take(), StartsWith("HTTP/1.1 200"));
  }
  EXPECT_EQ(proxy.upstream_connections(), 1u);
  EXPECT_FALSE(client->closed);
}

TEST(ProxyWorker, AnswersPipelinedRequestsInOrder) {
  ProxyFixture proxy;
  proxy.start();
  auto client = proxy.connect();
  client->send(
      "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\nGET /3 "
      "HTTP/1.1\r\nHost: a\r\n\r\n");
  proxy.run();
  std::string got;
  for (const auto* path : {"/1", "/2", "/3"}) {
    EXPECT_THAT(proxy.upstream().take(), StartsWith(std::string("GET ") + path + " ")) << path;
    proxy.upstream().send(std::string("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n") + path);
    proxy.run();
    EXPECT_THAT(client->take(), EndsWith(path));
  }
}

TEST(ProxyWorker, AnswersPipelinedRequestsThatNeedNoUpstream) {
  ProxyFixture proxy;
  proxy.model.routes.clear();
  proxy.start();
  auto client = proxy.connect();
  const std::string one(kGet);
  const std::string got = proxy.exchange(*client, one + one + one);
  size_t answers = 0;
  for (size_t at = got.find("HTTP/1.1 404"); at != std::string::npos;
       at = got.find("HTTP/1.1 404", at + 1)) {
    ++answers;
  }
  EXPECT_EQ(answers, 3u);
}

TEST(ProxyWorker, ClosesAfterTheResponseWhenAsked) {
  ProxyFixture proxy;
  proxy.start();
  auto client = proxy.connect();
  proxy.exchange(*client, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  proxy.upstream().send(kOk);
  proxy.run();
  EXPECT_THAT(client->take(), HasSubstr("connection: close\r\n"));
  EXPECT_TRUE(client->received_end);
  client->finish();
  proxy.run();
  EXPECT_EQ(proxy.worker().connections(), 0u);
}

TEST(ProxyWorker, RefusesBadBytesWith400AndCloses) {
  ProxyFixture proxy;
  proxy.start();
  auto client = proxy.connect();
  const std::string got = proxy.exchange(*client, "GET / HTTP/1.1\r\nHost : a\r\n\r\n");
  EXPECT_THAT(got, StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(got, HasSubstr("connection: close"));
  EXPECT_TRUE(client->received_end);
  EXPECT_EQ(proxy.upstream_connections(), 0u);
  EXPECT_THAT(proxy.access_log(), HasSubstr("\"- - -\" 400 DPE"));
}

TEST(ProxyWorker, RefusesABadBodyAfterTheHeadWasForwarded) {
  ProxyFixture proxy;
  proxy.start();
  auto client = proxy.connect();
  proxy.exchange(*client,
                 "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  EXPECT_THAT(proxy.exchange(*client, "0x1\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_TRUE(proxy.upstream().closed);
  EXPECT_EQ(proxy.worker().active_streams(), 0u);
}

TEST(ProxyWorker, LingersForAtMostASecondAnd64KiB) {
  ProxyFixture proxy;
  proxy.start();
  auto client = proxy.connect();
  proxy.exchange(*client, "GET / HTTP/1.1\r\nHost : a\r\n\r\n");
  EXPECT_FALSE(client->closed);
  client->send(std::string(60 * 1024, 'x'));
  proxy.run();
  EXPECT_FALSE(client->closed);
  client->send(std::string(8 * 1024, 'x'));
  proxy.run();
  EXPECT_TRUE(client->closed);

  auto quiet = proxy.connect();
  proxy.exchange(*quiet, "GET / HTTP/1.1\r\nHost : a\r\n\r\n");
  proxy.advance(milliseconds(990));
  EXPECT_FALSE(quiet->closed);
  proxy.advance(milliseconds(20));
  EXPECT_TRUE(quiet->closed);
}

TEST(ProxyWorker, ClosesConnectionsOverTheLimit) {
  ProxyFixture proxy;
  proxy.model.gateway.limits.connections = 2;
  proxy.start();
  auto first = proxy.connect();
  auto second = proxy.connect();
  auto third = proxy.connect();
  proxy.run();
  EXPECT_TRUE(third->closed);
  EXPECT_EQ(proxy.metric(proxy.ids.connections_refused), 1);
  second->finish();
  proxy.run();
  EXPECT_FALSE(proxy.connect()->closed);
}

// ---- time ----

TEST(ProxyWorker, HeadMustComeWithinItsTimeHoweverSlowlyItDrips) {
  ProxyFixture proxy;
  proxy.start();
  auto client = proxy.connect();
  client->send("GET / HTTP/1.1\r\n");
  proxy.run();
  for (int i = 0; i < 9; ++i) {
    proxy.advance(seconds(1));
    client->send("X-" + std::to_string(i) + ": 1\r\n");
  }
  proxy.run();
  EXPECT_FALSE(client->received_end);
  proxy.advance(milliseconds(1100));
  EXPECT_THAT(client->take(), StartsWith("HTTP/1.1 408 "));
  EXPECT_TRUE(client->received_end);
}

TEST(ProxyWorker, HeadOfALaterRequestHasItsTimeToo) {
  ProxyFixture proxy;
  proxy.start();
  auto client = proxy.connect();
  proxy.exchange(*client, kGet);
  proxy.upstream().send(kOk);
  proxy.run();
  client->take();
  proxy.advance(seconds(30));
  client->send("GET /");
  proxy.advance(milliseconds(9900));
  EXPECT_FALSE(client->received_end);
  proxy.advance(milliseconds(200));
  EXPECT_THAT(client->take(), StartsWith("HTTP/1.1 408 "));
}

TEST(ProxyWorker, ClosesAConnectionThatSaysNothing) {
  ProxyFixture proxy;
  proxy.start();
  auto client = proxy.connect();
  proxy.advance(milliseconds(9900));
  EXPECT_FALSE(client->closed);
  proxy.advance(milliseconds(200));
  EXPECT_TRUE(client->closed);
  EXPECT_EQ(client->take(), "");
}

TEST(ProxyWorker, ClosesAnIdleConnectionAfterAMinute) {
  ProxyFixture proxy;
  proxy.start();
  auto client = proxy.connect();
  proxy.exchange(*client, kGet);
  proxy.upstream().send(kOk);
  proxy.run();
  proxy.advance(milliseconds(59'900));
  EXPECT_FALSE(client->closed);
  proxy.advance(milliseconds(200));
  EXPECT_TRUE(client->closed);
}

TEST(ProxyWorker, AnswersABodyThatComesTooSlowlyWith408) {
  ProxyFixture proxy;
  proxy.start();
  auto client = proxy.connect();
  proxy.exchange(*client, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
  for (int i = 0; i < 9; ++i) {
    client->send(std::string(300, 'x'));
    proxy.advance(seconds(1));
  }
  proxy.advance(milliseconds(1500));
  EXPECT_EQ(client->take(), "");  // 2700 bytes in ten seconds are enough
  proxy.advance(seconds(10));
  EXPECT_THAT(client->take(), StartsWith("HTTP/1.1 408 "));
  EXPECT_TRUE(proxy.upstream().closed);
}

TEST(ProxyWorker, AnswersTheRouteTimeoutWith504) {
  ProxyFixture proxy;
  proxy.start();
  auto client = proxy.connect();
  proxy.exchange(*client, kGet);
  proxy.advance(milliseconds(14'900));
  EXPECT_EQ(client->take(), "");
  proxy.advance(milliseconds(200));
  EXPECT_THAT(client->take(), StartsWith("HTTP/1.1 504 "));
  EXPECT_TRUE(proxy.upstream().closed);
  EXPECT_THAT(proxy.access_log(), HasSubstr(" 504 UT "));
  EXPECT_FALSE(client->closed);
}

TEST(ProxyWorker, RouteTimeoutCountsFromTheEndOfTheRequest) {
  ProxyFixture proxy;
  proxy.model.routes[0].timeout = milliseconds(2000);
  proxy.start();
  auto client = proxy.connect();
  proxy.exchange(*client, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n");
  proxy.advance(seconds(5));
  EXPECT_EQ(client->take(), "");
  proxy.exchange(*client, "ab");
  proxy.advance(milliseconds(2100));
  EXPECT_THAT(client->take(), StartsWith("HTTP/1.1 504 "));
}

TEST(ProxyWorker, ATimeoutAfterTheHeadCutsTheResponse) {
  ProxyFixture proxy;
  proxy.start();
  auto client = proxy.connect();
  proxy.exchange(*client, kGet);
  proxy.upstream().send("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc");
  proxy.run();
  EXPECT_THAT(client->take(), EndsWith("abc"));
  proxy.advance(seconds(16));
  EXPECT_EQ(client->take(), "");
  EXPECT_TRUE(client->received_end);
  EXPECT_THAT(proxy.access_log(), HasSubstr(" 200 UT "));
}

TEST(ProxyWorker, ACutResponseToHttp10IsBrokenNotEnded) {
  ProxyFixture proxy;
  proxy.start();
  auto client = proxy.connect();
  proxy.exchange(*client, "GET / HTTP/1.0\r\nHost: a\r\n\r\n");
  proxy.upstream().send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n");
  proxy.run();
  EXPECT_THAT(client->take(), EndsWith("abc"));
  proxy.upstream().reset();
  proxy.run();
  EXPECT_TRUE(client->aborted);
}

TEST(ProxyWorker, CutsAClientThatTakesNoOutput) {
  ProxyFixture proxy;
  proxy.start();
  auto client = proxy.connect();
  client->set_window(10);
  proxy.exchange(*client, kGet);
  proxy.upstream().send(kOk);
  proxy.advance(seconds(29));
  EXPECT_FALSE(client->closed);
  client->grant(1);  // progress: the time begins anew
  proxy.advance(seconds(29));
  EXPECT_FALSE(client->closed);
  proxy.advance(milliseconds(1100));
  EXPECT_TRUE(client->closed);
}

TEST(ProxyWorker, AnswersAStreamWithoutActivity) {
  ProxyFixture proxy;
  proxy.model.gateway.timeouts.route = milliseconds(0);
  proxy.start();
  auto client = proxy.connect();
  proxy.exchange(*client, kGet);
  proxy.advance(seconds(299));
  EXPECT_EQ(client->take(), "");
  proxy.advance(milliseconds(1100));
  EXPECT_THAT(client->take(), StartsWith("HTTP/1.1 504 "));
}

// ---- what goes wrong ----

TEST(ProxyWorker, AnswersNoRouteWith404) {
  ProxyFixture proxy;
  proxy.model.routes[0].host = "other.com";
  proxy.start();
  auto client = proxy.connect();
  EXPECT_THAT(proxy.exchange(*client, kGet), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(proxy.access_log(), HasSubstr(" 404 NR "));
}

TEST(ProxyWorker, AnswersAnEmptyClusterWith503) {
  ProxyFixture proxy;
  proxy.model.clusters[0].endpoints.clear();
  proxy.start();
  auto client = proxy.connect();
  EXPECT_THAT(proxy.exchange(*client, kGet), StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(proxy.access_log(), HasSubstr(" 503 UH "));
}

TEST(ProxyWorker, AnswersWithoutASnapshotWith503) {
  ProxyFixture proxy;
  auto client = proxy.connect();
  EXPECT_THAT(proxy.exchange(*client, kGet), StartsWith("HTTP/1.1 503 "));
}

TEST(ProxyWorker, AnswersMalformedUpstreamBytesWith502) {
  ProxyFixture proxy;
  proxy.start();
  auto client = proxy.connect();
  proxy.exchange(*client, kGet);
  proxy.upstream().send("HTTP/1.1 200 OK\r\nbad header\r\n\r\n");
  proxy.run();
  EXPECT_THAT(client->take(), StartsWith("HTTP/1.1 502 "));
  EXPECT_TRUE(proxy.upstream().closed);
  EXPECT_THAT(proxy.access_log(), HasSubstr(" 502 UPE "));
}

TEST(ProxyWorker, AnswersAConnectionThatCannotBeMadeWith503AfterOneRetry) {
  ProxyFixture proxy;
  proxy.connector.failures["10.0.0.1:80"] = net::CloseReason::ConnectRefused;
  proxy.start();
  auto client = proxy.connect();
  EXPECT_THAT(proxy.exchange(*client, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab"),
              StartsWith("HTTP/1.1 503 "));
  EXPECT_EQ(proxy.upstream_connections(), 2u);
  EXPECT_THAT(proxy.access_log(), HasSubstr(" 503 UF "));
}

TEST(ProxyWorker, RetriesARefusedConnectionOnAnotherEndpointWithItsBody) {
  ProxyFixture proxy;
  proxy.model.clusters[0].endpoints = {{"10.0.0.1", 80}, {"10.0.0.2", 80}};
  proxy.connector.failures["10.0.0.1:80"] = net::CloseReason::ConnectRefused;
  proxy.start();
  for (int i = 0; i < 4; ++i) {
    auto client = proxy.connect();
    proxy.exchange(*client, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab");
    auto good =
        std::find_if(proxy.connector.peers.begin(), proxy.connector.peers.end(),
                     [](const auto& peer) { return peer->address.to_string() == "10.0.0.2:80"; });
    ASSERT_NE(good, proxy.connector.peers.end());
    EXPECT_THAT((*good)->take(), EndsWith("\r\n\r\nab"));
    (*good)->send(kOk);
    proxy.run();
    EXPECT_THAT(client->take(), StartsWith("HTTP/1.1 200"));
  }
  EXPECT_GT(proxy.metric(proxy.ids.upstream_retries), 0);
}

TEST(ProxyWorker, RetriesAnIdempotentRequestWhenAPooledConnectionBreaks) {
  ProxyFixture proxy;
  proxy.start();
  auto client = proxy.connect();
  proxy.exchange(*client, kGet);
  proxy.upstream().send(kOk);
  proxy.run();
  client->take();
  auto old = proxy.connector.peers[0];
  client->send(kGet);
  proxy.run();
  old->finish();  // the upstream closed it while the request was on its way
  proxy.run();
  ASSERT_EQ(proxy.upstream_connections(), 2u);
  EXPECT_THAT(proxy.upstream().take(), StartsWith("GET /x "));
  proxy.upstream().send(kOk);
  proxy.run();
  EXPECT_THAT(client->take(), StartsWith("HTTP/1.1 200"));
}

TEST(ProxyWorker, DoesNotRepeatAPostThatMayHaveBeenSeen) {
  ProxyFixture proxy;
  proxy.start();
  auto client = proxy.connect();
  proxy.exchange(*client, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
  proxy.upstream().reset();
  proxy.run();
  EXPECT_THAT(client->take(), StartsWith("HTTP/1.1 503 "));
  EXPECT_EQ(proxy.upstream_connections(), 1u);
  EXPECT_THAT(proxy.access_log(), HasSubstr(" 503 UC "));
}

TEST(ProxyWorker, DoesNotRepeatARequestWhoseBodyWasSent) {
  ProxyFixture proxy;
  proxy.start();
  auto client = proxy.connect();
  proxy.exchange(*client, "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab");
  proxy.upstream().reset();
  proxy.run();
  EXPECT_THAT(client->take(), StartsWith("HTTP/1.1 503 "));
  EXPECT_EQ(proxy.upstream_connections(), 1u);
}

TEST(ProxyWorker, RetriesOnlyOnce) {
  ProxyFixture proxy;
  proxy.connector.on_connect = [](wasmgate::testing::Peer& peer) { peer.finished = true; };
  proxy.start();
  auto client = proxy.connect();
  proxy.exchange(*client, kGet);
  EXPECT_EQ(proxy.upstream_connections(), 2u);
}

TEST(ProxyWorker, AResponseCutByTheUpstreamIsCutForTheClient) {
  ProxyFixture proxy;
  proxy.start();
  auto client = proxy.connect();
  proxy.exchange(*client, kGet);
  proxy.upstream().send("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc");
  proxy.upstream().finish();
  proxy.run();
  EXPECT_THAT(client->take(), EndsWith("abc"));
  EXPECT_TRUE(client->received_end);
  EXPECT_THAT(proxy.access_log(), HasSubstr(" 200 UC "));
}

TEST(ProxyWorker, AResponseThatEndsWithTheConnectionIsForwardedWhole) {
  ProxyFixture proxy;
  proxy.start();
  auto client = proxy.connect();
  proxy.exchange(*client, kGet);
  proxy.upstream().send("HTTP/1.1 200 OK\r\n\r\nabc");
  proxy.run();
  proxy.upstream().finish();
  proxy.run();
  EXPECT_THAT(client->take(), EndsWith("3\r\nabc\r\n0\r\n\r\n"));
  EXPECT_FALSE(client->received_end);
}

TEST(ProxyWorker, AClientThatLeavesMidBodyAbortsTheUpstream) {
  ProxyFixture proxy;
  proxy.start();
  auto client = proxy.connect();
  proxy.exchange(*client, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
  client->finish();
  proxy.run();
  EXPECT_TRUE(proxy.upstream().closed);
  EXPECT_EQ(proxy.worker().active_streams(), 0u);
  EXPECT_THAT(proxy.access_log(), HasSubstr(" 0 DC "));
}

TEST(ProxyWorker, AClientThatLeavesWhileWaitingAbortsTheUpstream) {
  ProxyFixture proxy;
  proxy.start();
  auto client = proxy.connect();
  proxy.exchange(*client, kGet);
  client->reset();
  proxy.run();
  EXPECT_TRUE(proxy.upstream().closed);
  EXPECT_EQ(proxy.worker().connections(), 0u);
}

// H-01: what follows an early answer is never taken for a request.
TEST(ProxyWorker, AnEarlyAnswerClosesBothConnections) {
  ProxyFixture proxy;
  proxy.start();
  auto client = proxy.connect();
  proxy.exchange(*client, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc");
  proxy.upstream().take();
  proxy.upstream().send("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
  proxy.run();
  EXPECT_THAT(client->take(), StartsWith("HTTP/1.1 403 "));
  EXPECT_TRUE(client->received_end);
  EXPECT_TRUE(proxy.upstream().closed);
  client->send("GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
  proxy.run();
  EXPECT_EQ(proxy.upstream_connections(), 1u);
  EXPECT_EQ(client->take(), "");
}

TEST(ProxyWorker, BytesAfterAResponseAreNeverTheNextResponse) {
  ProxyFixture proxy;
  proxy.start();
  auto client = proxy.connect();
  proxy.exchange(*client, kGet);
  proxy.upstream().send(std::string(kOk) + std::string(kOk));
  proxy.run();
  client->take();
  EXPECT_TRUE(proxy.connector.peers[0]->closed);
  EXPECT_EQ(proxy.exchange(*client, kGet), "");
  EXPECT_EQ(proxy.upstream_connections(), 2u);
}

TEST(ProxyWorker, BytesOnAnIdleUpstreamConnectionCloseIt) {
  ProxyFixture proxy;
  proxy.start();
  auto client = proxy.connect();
  proxy.exchange(*client, kGet);
  proxy.upstream().send(kOk);
  proxy.run();
  proxy.upstream().send("HTTP/1.1 200 OK\r\n");
  proxy.run();
  EXPECT_TRUE(proxy.upstream().closed);
}

// ---- flow control ----

TEST(ProxyWorker, ASlowClientStopsTheUpstreamAndMemoryStaysBounded) {
  ProxyFixture proxy;
  proxy.start();
  auto client = proxy.connect();
  client->set_window(64 * 1024);
  proxy.exchange(*client, kGet);
  const size_t total = 10 * 1024 * 1024;
  proxy.upstream().set_piece(32 * 1024);
  proxy.upstream().send("HTTP/1.1 200 OK\r\ncontent-length: " + std::to_string(total) + "\r\n\r\n");
  proxy.upstream().send(std::string(total, 'x'));
  proxy.run();
  size_t received = client->take().size();
  const size_t high = proxy.model.gateway.limits.buffer_high_watermark_bytes;
  while (received < total) {
    EXPECT_LE(client->transport->output().size(), high + 64 * 1024);
    EXPECT_LE(proxy.upstream().transport->kept_bytes(), 64u * 1024);
    client->grant(256 * 1024);
    proxy.run();
    const size_t more = client->take().size();
    ASSERT_GT(more, 0u);
    received += more;
  }
  EXPECT_GT(received, total);
  EXPECT_EQ(proxy.worker().active_streams(), 0u);
}

TEST(ProxyWorker, ASlowUpstreamStopsTheClientAndMemoryStaysBounded) {
  ProxyFixture proxy;
  proxy.model.gateway.timeouts.body_min_rate_bytes_per_second = 0;
  proxy.connector.on_connect = [](wasmgate::testing::Peer& peer) { peer.set_window(64 * 1024); };
  proxy.start();
  auto client = proxy.connect();
  client->set_piece(32 * 1024);
  const size_t total = 10 * 1024 * 1024;
  client->send("POST / HTTP/1.1\r\nHost: a\r\ncontent-length: " + std::to_string(total) +
               "\r\n\r\n");
  client->send(std::string(total, 'x'));
  proxy.run();
  size_t received = proxy.upstream().take().size();
  const size_t high = proxy.model.gateway.limits.buffer_high_watermark_bytes;
  while (received < total) {
    EXPECT_LE(proxy.upstream().transport->output().size(), high + 64 * 1024);
    EXPECT_GT(client->in_flight.size() + proxy.upstream().transport->output().size() + 64 * 1024,
              total - received);
    proxy.upstream().grant(256 * 1024);
    proxy.run();
    const size_t more = proxy.upstream().take().size();
    ASSERT_GT(more, 0u);
    received += more;
  }
  proxy.upstream().send(kOk);
  proxy.run();
  EXPECT_THAT(client->take(), EndsWith("ok"));
}

TEST(ProxyWorker, ABodyThatWaitsForAConnectionStopsTheClient) {
  ProxyFixture proxy;
  proxy.model.clusters[0].dns_name = "slow.test";
  proxy.model.clusters[0].dns_port = 80;
  proxy.start();
  auto client = proxy.connect();
  client->set_piece(32 * 1024);
  client->send("POST / HTTP/1.1\r\nHost: a\r\ncontent-length: 2000000\r\n\r\n" +
               std::string(2'000'000, 'x'));
  proxy.run();
  EXPECT_GT(client->in_flight.size(), 1'500'000u);
  proxy.resolver.answer({"10.0.0.7"}, seconds(60));
  proxy.run();
  EXPECT_EQ(client->in_flight.size(), 0u);
  EXPECT_EQ(proxy.upstream().address.to_string(), "10.0.0.7:80");
  EXPECT_GT(proxy.upstream().take().size(), 2'000'000u);
}

// ---- pools and clusters ----

TEST(ProxyWorker, UsesTheLastUsedConnectionFirst) {
  ProxyFixture proxy;
  proxy.start();
  auto a = proxy.connect();
  auto b = proxy.connect();
  a->send(kGet);
  b->send(kGet);
  proxy.run();
  ASSERT_EQ(proxy.upstream_connections(), 2u);
  proxy.connector.peers[0]->send(kOk);
  proxy.run();
  proxy.connector.peers[1]->send(kOk);
  proxy.run();
  proxy.connector.peers[0]->take();
  proxy.connector.peers[1]->take();
  proxy.exchange(*a, kGet);
  EXPECT_THAT(proxy.connector.peers[1]->take(), StartsWith("GET"));
}

TEST(ProxyWorker, QueuesRequestsWhenAllConnectionsAreBusyAndRefusesOverTheQueue) {
  ProxyFixture proxy;
  proxy.model.gateway.upstream.connections = 1;
  proxy.model.gateway.upstream.pending_requests = 1;
  proxy.start();
  auto a = proxy.connect();
  auto b = proxy.connect();
  auto c = proxy.connect();
  proxy.exchange(*a, kGet);
  EXPECT_EQ(proxy.exchange(*b, kGet), "");
  EXPECT_THAT(proxy.exchange(*c, kGet), StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(proxy.access_log(), HasSubstr(" 503 UO "));
  proxy.upstream().send(kOk);
  proxy.run();
  EXPECT_THAT(a->take(), EndsWith("ok"));
  proxy.upstream().send(kOk);
  proxy.run();
  EXPECT_THAT(b->take(), EndsWith("ok"));
  EXPECT_EQ(proxy.upstream_connections(), 1u);
}

TEST(ProxyWorker, RefusesOverTheClustersRequests) {
  ProxyFixture proxy;
  proxy.model.gateway.upstream.requests = 1;
  proxy.start();
  auto a = proxy.connect();
  auto b = proxy.connect();
  proxy.exchange(*a, kGet);
  EXPECT_THAT(proxy.exchange(*b, kGet), StartsWith("HTTP/1.1 503 "));
  proxy.upstream().send(kOk);
  proxy.run();
  EXPECT_EQ(proxy.exchange(*b, kGet), "");
}

TEST(ProxyWorker, AConnectionThatFailsGivesItsWaiterTheNextOne) {
  ProxyFixture proxy;
  proxy.model.gateway.upstream.connections = 1;
  proxy.start();
  auto a = proxy.connect();
  auto b = proxy.connect();
  proxy.exchange(*a, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
  proxy.exchange(*b, kGet);
  proxy.upstream().reset();
  proxy.run();
  EXPECT_THAT(a->take(), StartsWith("HTTP/1.1 503 "));
  ASSERT_EQ(proxy.upstream_connections(), 2u);
  proxy.upstream().send(kOk);
  proxy.run();
  EXPECT_THAT(b->take(), EndsWith("ok"));
}

TEST(ProxyWorker, ClosesIdleUpstreamConnectionsAfterAMinute) {
  ProxyFixture proxy;
  proxy.start();
  auto client = proxy.connect();
  proxy.exchange(*client, kGet);
  proxy.upstream().send(kOk);
  proxy.run();
  proxy.advance(milliseconds(60'100));
  EXPECT_TRUE(proxy.upstream().closed);
}

TEST(ProxyWorker, EjectsAnEndpointThatAnswers500FiveTimes) {
  ProxyFixture proxy;
  proxy.model.clusters[0].endpoints = {{"10.0.0.1", 80}, {"10.0.0.2", 80}, {"10.0.0.3", 80}};
  proxy.start();
  auto client = proxy.connect();
  const auto one = [&] {
    client->send(kGet);
    proxy.run();
    for (auto& peer : proxy.connector.peers) {
      if (!peer->take().empty()) {
        const bool bad = peer->address.to_string() == "10.0.0.2:80";
        peer->send(bad ? "HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n" : kOk);
      }
    }
    proxy.run();
    return client->take().starts_with("HTTP/1.1 500");
  };
  int bad = 0;
  for (int i = 0; i < 30; ++i) {
    bad += one() ? 1 : 0;
  }
  EXPECT_EQ(bad, 5);
  proxy.advance(seconds(31));
  client = proxy.connect();
  bad = 0;
  for (int i = 0; i < 9; ++i) {
    bad += one() ? 1 : 0;
  }
  EXPECT_EQ(bad, 3);
}

TEST(ProxyWorker, WaitsForTheFirstDnsAnswerAndFollowsLaterOnes) {
  ProxyFixture proxy;
  proxy.model.clusters[0].dns_name = "up.test";
  proxy.model.clusters[0].dns_port = 8080;
  proxy.start();
  EXPECT_EQ(proxy.resolver.asked, std::vector<std::string>{"up.test"});
  auto client = proxy.connect();
  EXPECT_EQ(proxy.exchange(*client, kGet), "");
  proxy.resolver.answer({"10.0.0.5"}, seconds(30));
  proxy.run();
  ASSERT_EQ(proxy.upstream_connections(), 1u);
  EXPECT_EQ(proxy.upstream().address.to_string(), "10.0.0.5:8080");
  proxy.upstream().send(kOk);
  proxy.run();
  client->take();
  proxy.advance(seconds(31));
  proxy.resolver.answer({"10.0.0.6"}, seconds(30));
  proxy.run();
  EXPECT_TRUE(proxy.connector.peers[0]->closed);
  proxy.exchange(*client, kGet);
  EXPECT_EQ(proxy.upstream().address.to_string(), "10.0.0.6:8080");
}

TEST(ProxyWorker, AnswersAFailedResolutionWith503AndAsksAgain) {
  ProxyFixture proxy;
  proxy.model.clusters[0].dns_name = "up.test";
  proxy.start();
  auto client = proxy.connect();
  proxy.exchange(*client, kGet);
  proxy.resolver.fail_all();
  proxy.run();
  EXPECT_THAT(client->take(), StartsWith("HTTP/1.1 503 "));
  EXPECT_EQ(proxy.resolver.waiting(), 0u);
  proxy.advance(seconds(6));
  EXPECT_EQ(proxy.resolver.waiting(), 1u);
}

// ---- reload and drain ----

TEST(ProxyWorker, AReloadClosesNoConnectionAndLosesNoRequest) {
  ProxyFixture proxy;
  proxy.start();
  auto busy = proxy.connect();
  auto idle = proxy.connect();
  proxy.exchange(*idle, kGet);
  proxy.upstream().send(kOk);
  proxy.run();
  idle->take();
  proxy.exchange(*busy, kGet);
  for (int i = 0; i < 100; ++i) {
    proxy.model.routes[0].name = "default/route-" + std::to_string(i);
    proxy.start();
    proxy.run();
  }
  proxy.upstream().send(kOk);
  proxy.run();
  EXPECT_THAT(busy->take(), EndsWith("ok"));
  proxy.exchange(*idle, kGet);
  proxy.upstream().send(kOk);
  proxy.run();
  EXPECT_THAT(idle->take(), EndsWith("ok"));
  EXPECT_EQ(proxy.upstream_connections(), 1u);
}

TEST(ProxyWorker, AStreamKeepsItsSnapshotAndTheOldOneDiesAfterIt) {
  LambdaFactory first;
  ProxyFixture proxy;
  proxy.chain = {&first};
  auto held = std::make_shared<WorkerSnapshot>();
  held->model = std::make_shared<const config::Model>(proxy.model);
  held->routes = std::make_shared<const RouteTable>(held->model->routes);
  held->chains = {{&first}};
  std::weak_ptr<const WorkerSnapshot> watch = held;
  proxy.worker().set_snapshot(std::move(held));
  auto client = proxy.connect();
  proxy.exchange(*client, kGet);
  proxy.chain.clear();
  proxy.model.clusters.clear();
  proxy.model.routes.clear();
  proxy.start();
  proxy.run();
  EXPECT_FALSE(watch.expired());
  proxy.upstream().send(kOk);
  proxy.run();
  EXPECT_THAT(client->take(), EndsWith("ok"));
  EXPECT_TRUE(watch.expired());
  EXPECT_EQ(first.log, (std::vector<std::string>{"attach", "log", "done", "destroy"}));
  EXPECT_THAT(proxy.exchange(*client, kGet), StartsWith("HTTP/1.1 404 "));
}

TEST(ProxyWorker, AnEndpointThatIsGoneGetsNoNewRequestButFinishesItsOld) {
  ProxyFixture proxy;
  proxy.start();
  auto client = proxy.connect();
  proxy.exchange(*client, kGet);
  proxy.model.clusters[0].endpoints = {{"10.0.0.9", 80}};
  proxy.start();
  proxy.upstream().send(kOk);
  proxy.run();
  EXPECT_THAT(client->take(), EndsWith("ok"));
  EXPECT_TRUE(proxy.connector.peers[0]->closed);
  proxy.exchange(*client, kGet);
  EXPECT_EQ(proxy.upstream().address.to_string(), "10.0.0.9:80");
}

TEST(ProxyWorker, DrainEndsIdleConnectionsAtOnceAndBusyOnesWithTheirResponse) {
  ProxyFixture proxy;
  proxy.start();
  auto idle = proxy.connect();
  proxy.exchange(*idle, kGet);
  proxy.upstream().send(kOk);
  proxy.run();
  auto busy = proxy.connect();
  proxy.exchange(*busy, kGet);
  bool done = false;
  proxy.worker().start_drain([&] { done = true; });
  proxy.run();
  EXPECT_TRUE(idle->received_end);
  EXPECT_FALSE(busy->received_end);
  EXPECT_FALSE(done);
  proxy.upstream().send(kOk);
  proxy.run();
  EXPECT_THAT(busy->take(), HasSubstr("connection: close\r\n"));
  EXPECT_TRUE(busy->received_end);
  idle->finish();
  busy->finish();
  proxy.run();
  EXPECT_TRUE(done);
}

TEST(ProxyWorker, DrainCutsWhatIsLeftAfterItsTimeoutAndCountsIt) {
  ProxyFixture proxy;
  proxy.start();
  auto client = proxy.connect();
  proxy.model.gateway.timeouts.route = milliseconds(0);
  proxy.start();
  proxy.exchange(*client, kGet);
  bool done = false;
  proxy.worker().start_drain([&] { done = true; });
  proxy.advance(milliseconds(29'900));
  EXPECT_FALSE(done);
  proxy.advance(milliseconds(200));
  EXPECT_TRUE(done);
  EXPECT_TRUE(client->closed);
  EXPECT_EQ(proxy.metric(proxy.ids.connections_cut), 1);
}

TEST(ProxyWorker, CanBeDestroyedWithStreamsInProgress) {
  LambdaFactory plugin;
  ProxyFixture proxy;
  proxy.chain = {&plugin};
  proxy.start();
  auto client = proxy.connect();
  auto slow = proxy.connect();
  proxy.exchange(*client, kGet);
  proxy.exchange(*slow, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab");
  proxy.destroy_worker();
  proxy.run();
  EXPECT_TRUE(client->closed);
  EXPECT_EQ(std::count(plugin.log.begin(), plugin.log.end(), "destroy"), 2);
  EXPECT_EQ(proxy.metric(proxy.ids.connections_active), 0);
  EXPECT_EQ(proxy.metric(proxy.ids.upstream_connections_active), 0);
  EXPECT_EQ(proxy.metric(proxy.ids.requests_active), 0);
  EXPECT_EQ(proxy.limits.open(), 0u);
}

// ---- with filters ----

TEST(ProxyWorker, AFilterMayEditBothHeads) {
  LambdaFactory plugin;
  ProxyFixture proxy;
  plugin.on_headers = [](filter::FilterCallbacks&, filter::Direction d, http::HeaderMap& headers,
                         bool) {
    headers.add(d == filter::Direction::Request ? "x-in" : "x-out", "1");
    return filter::kContinue;
  };
  proxy.chain = {&plugin};
  proxy.start();
  auto client = proxy.connect();
  proxy.exchange(*client, kGet);
  EXPECT_THAT(proxy.upstream().take(), HasSubstr("x-in: 1\r\n"));
  proxy.upstream().send(kOk);
  proxy.run();
  EXPECT_THAT(client->take(), HasSubstr("x-out: 1\r\n"));
}

TEST(ProxyWorker, AFilterMayAnswerAndNothingGoesUpstream) {
  LambdaFactory plugin;
  ProxyFixture proxy;
  plugin.on_headers = [](filter::FilterCallbacks& callbacks, filter::Direction d, http::HeaderMap&,
                         bool) {
    if (d == filter::Direction::Request) {
      filter::LocalReply reply;
      reply.status = 403;
      reply.body = "no";
      callbacks.send_local_reply(std::move(reply));
      return filter::kStopShowLater;
    }
    return filter::kContinue;
  };
  proxy.chain = {&plugin};
  proxy.start();
  auto client = proxy.connect();
  const std::string got = proxy.exchange(*client, kGet);
  EXPECT_THAT(got, StartsWith("HTTP/1.1 403 "));
  EXPECT_THAT(got, EndsWith("\r\n\r\nno"));
  EXPECT_EQ(proxy.upstream_connections(), 0u);
  EXPECT_FALSE(client->received_end);
}

TEST(ProxyWorker, AFilterMayPauseAndContinueLater) {
  LambdaFactory plugin;
  ProxyFixture proxy;
  plugin.on_headers = [](filter::FilterCallbacks&, filter::Direction d, http::HeaderMap&, bool) {
    return d == filter::Direction::Request ? filter::kStopBuffer : filter::kContinue;
  };
  proxy.chain = {&plugin};
  proxy.start();
  auto client = proxy.connect();
  proxy.exchange(*client, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
  EXPECT_EQ(proxy.upstream_connections(), 0u);
  plugin.last->continue_stream(filter::Direction::Request);
  proxy.run();
  EXPECT_THAT(proxy.upstream().take(), EndsWith("abc"));
}

TEST(ProxyWorker, AFilterThatEditsTheHeadMayChooseAnotherRoute) {
  LambdaFactory plugin;
  ProxyFixture proxy;
  proxy.model.clusters.push_back({.name = "two",
                                  .aliases = {},
                                  .dns_name = "",
                                  .endpoints = {{"10.0.0.2", 80}},
                                  .location = {}});
  config::Route other;
  other.name = "default/two";
  other.host = "two.com";
  other.cluster = "two";
  proxy.model.routes.push_back(other);
  std::string seen;
  plugin.on_headers = [&](filter::FilterCallbacks& callbacks, filter::Direction d,
                          http::HeaderMap& headers, bool) {
    if (d == filter::Direction::Request) {
      seen = callbacks.info().cluster_name;
      headers.set(http::kAuthority, "two.com");
      callbacks.clear_route_cache();
    }
    return filter::kContinue;
  };
  proxy.chain = {&plugin};
  proxy.start();
  auto client = proxy.connect();
  proxy.exchange(*client, kGet);
  EXPECT_EQ(seen, "one");
  EXPECT_EQ(proxy.upstream().address.to_string(), "10.0.0.2:80");
}

TEST(ProxyWorker, WithoutClearingTheFirstRouteStays) {
  LambdaFactory plugin;
  ProxyFixture proxy;
  plugin.on_headers = [&](filter::FilterCallbacks&, filter::Direction d, http::HeaderMap& headers,
                          bool) {
    if (d == filter::Direction::Request) {
      headers.set(http::kPath, "/other");
    }
    return filter::kContinue;
  };
  proxy.model.routes[0].path = "/x";
  proxy.chain = {&plugin};
  proxy.start();
  auto client = proxy.connect();
  EXPECT_EQ(proxy.exchange(*client, kGet), "");
  EXPECT_THAT(proxy.upstream().take(), StartsWith("GET /other "));
}

TEST(ProxyWorker, AHeadThatAFilterSpoiledIsNeverSent) {
  LambdaFactory plugin;
  ProxyFixture proxy;
  bool spoil_request = true;
  plugin.on_headers = [&](filter::FilterCallbacks&, filter::Direction d, http::HeaderMap& headers,
                          bool) {
    if (d == filter::Direction::Request && spoil_request) {
      headers.remove(http::kPath);
    }
    if (d == filter::Direction::Response && !spoil_request) {
      headers.set("x-bad", "a\r\nb: c");
    }
    return filter::kContinue;
  };
  proxy.chain = {&plugin};
  proxy.start();
  auto client = proxy.connect();
  EXPECT_THAT(proxy.exchange(*client, kGet), StartsWith("HTTP/1.1 400 "));
  EXPECT_EQ(proxy.upstream_connections(), 0u);
  spoil_request = false;
  client = proxy.connect();
  proxy.exchange(*client, kGet);
  proxy.upstream().send(kOk);
  proxy.run();
  const std::string got = client->take();
  EXPECT_THAT(got, StartsWith("HTTP/1.1 502 "));
  EXPECT_THAT(got, Not(HasSubstr("x-bad")));
}

TEST(ProxyWorker, AFilterSeesTheEndWithTheLastPieceOfAnAnnouncedBody) {
  LambdaFactory plugin;
  ProxyFixture proxy;
  std::vector<std::pair<size_t, bool>> request;
  std::vector<std::pair<size_t, bool>> response;
  plugin.on_data = [&](filter::FilterCallbacks&, filter::Direction d, Buffer& data, bool end) {
    (d == filter::Direction::Request ? request : response).emplace_back(data.size(), end);
    return filter::kContinue;
  };
  proxy.chain = {&plugin};
  proxy.start();
  auto client = proxy.connect();
  proxy.exchange(*client, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc");
  proxy.exchange(*client, "de");
  proxy.upstream().send(kOk);
  proxy.run();
  EXPECT_EQ(request, (std::vector<std::pair<size_t, bool>>{{3, false}, {2, true}}));
  EXPECT_EQ(response, (std::vector<std::pair<size_t, bool>>{{2, true}}));
}

TEST(ProxyWorker, AFilterMayResetTheStream) {
  LambdaFactory plugin;
  ProxyFixture proxy;
  plugin.on_headers = [&](filter::FilterCallbacks& callbacks, filter::Direction d, http::HeaderMap&,
                          bool) {
    if (d == filter::Direction::Response) {
      callbacks.reset_stream("test_reset");
    }
    return filter::kContinue;
  };
  proxy.chain = {&plugin};
  proxy.start();
  auto client = proxy.connect();
  proxy.exchange(*client, kGet);
  proxy.upstream().send(kOk);
  proxy.run();
  EXPECT_EQ(client->take(), "");
  EXPECT_TRUE(client->received_end);
  EXPECT_EQ(proxy.worker().active_streams(), 0u);
}

TEST(ProxyWorker, RequestsWithoutARoutePassTheUnroutedChain) {
  LambdaFactory plugin;
  ProxyFixture proxy;
  proxy.model.routes.clear();
  proxy.unrouted_chain = {&plugin};
  proxy.start();
  auto client = proxy.connect();
  EXPECT_THAT(proxy.exchange(*client, kGet), StartsWith("HTTP/1.1 404 "));
  EXPECT_EQ(plugin.log.size(), 4u);
}

}  // namespace
}  // namespace wasmgate::proxy
