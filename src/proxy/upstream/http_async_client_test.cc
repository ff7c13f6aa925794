#include "proxy/upstream/http_async_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "support/proxy_fixture.h"

namespace wasmgate::proxy {
namespace {

using std::chrono::milliseconds;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using wasmgate::testing::ProxyFixture;

class AsyncClientTest : public ::testing::Test {
 protected:
  AsyncClientTest() { proxy.start(); }

  AsyncRequest request(std::string cluster = "one") {
    AsyncRequest out;
    out.cluster = std::move(cluster);
    out.headers.add(http::kMethod, "POST");
    out.headers.add(http::kPath, "/call");
    out.headers.add(http::kAuthority, "auth.test");
    return out;
  }
  void call(AsyncRequest wanted) {
    auto started =
        proxy.worker().async_client().send(std::move(wanted), [this](Result<AsyncResponse> r) {
          ++answers;
          answer.emplace(std::move(r));
          handle.reset();
        });
    ASSERT_TRUE(started.has_value());
    handle = std::move(*started);
    proxy.run();
  }
  std::string reason() const {
    return answer && !answer->has_value() ? answer->error().detail : "none";
  }

  ProxyFixture proxy;
  std::unique_ptr<AsyncCall> handle;
  std::optional<Result<AsyncResponse>> answer;
  int answers = 0;
};

TEST_F(AsyncClientTest, SendsARequestAndGivesTheWholeAnswer) {
  AsyncRequest wanted = request();
  wanted.body = "payload";
  wanted.headers.add("x-a", "1");
  call(std::move(wanted));
  const std::string sent = proxy.upstream().take();
  EXPECT_THAT(sent, StartsWith("POST /call HTTP/1.1\r\nhost: auth.test\r\n"));
  EXPECT_THAT(sent, HasSubstr("content-length: 7\r\n"));
  EXPECT_THAT(sent, EndsWith("\r\n\r\npayload"));
  proxy.upstream().send(
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\nx-t: "
      "9\r\n\r\n");
  proxy.run();
  ASSERT_TRUE(answer && answer->has_value());
  EXPECT_EQ(http::status_of((*answer)->headers), 200);
  EXPECT_EQ((*answer)->body, "abc");
  EXPECT_EQ((*answer)->trailers.get("x-t"), "9");
}

TEST_F(AsyncClientTest, FindsClustersByAliasAndSharesTheirConnections) {
  EXPECT_TRUE(proxy.worker().async_client().has_cluster("alias"));
  call(request("alias"));
  proxy.upstream().send("HTTP/1.1 204 No Content\r\n\r\n");
  proxy.run();
  call(request("one"));
  proxy.upstream().send("HTTP/1.1 204 No Content\r\n\r\n");
  proxy.run();
  EXPECT_EQ(answers, 2);
  EXPECT_EQ(proxy.upstream_connections(), 1u);
}

TEST_F(AsyncClientTest, RefusesUnknownClustersAndBadHeadsAtOnce) {
  const auto never = [](Result<AsyncResponse>) { FAIL(); };
  EXPECT_EQ(proxy.worker().async_client().send(request("none"), never).error().code,
            ErrorCode::NotFound);
  AsyncRequest no_path = request();
  no_path.headers.remove(http::kPath);
  EXPECT_EQ(proxy.worker().async_client().send(std::move(no_path), never).error().code,
            ErrorCode::InvalidArgument);
  AsyncRequest split = request();
  split.headers.add("x", "a\r\nb");
  EXPECT_EQ(proxy.worker().async_client().send(std::move(split), never).error().code,
            ErrorCode::InvalidArgument);
}

TEST_F(AsyncClientTest, TimesOut) {
  AsyncRequest wanted = request();
  wanted.timeout = milliseconds(100);
  call(std::move(wanted));
  proxy.advance(milliseconds(90));
  EXPECT_EQ(answers, 0);
  proxy.advance(milliseconds(20));
  EXPECT_EQ(reason(), "timeout");
  EXPECT_TRUE(proxy.upstream().closed);
}

TEST_F(AsyncClientTest, ATimeoutCountsTheWholeAnswerEvenWhenItDrips) {
  AsyncRequest wanted = request();
  wanted.timeout = milliseconds(100);
  call(std::move(wanted));
  proxy.upstream().send("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n");
  for (int i = 0; i < 9; ++i) {
    proxy.advance(milliseconds(20));
    proxy.upstream().send("x");
  }
  EXPECT_EQ(reason(), "timeout");
}

TEST_F(AsyncClientTest, TellsWhyThereIsNoAnswer) {
  proxy.connector.failures["10.0.0.1:80"] = net::CloseReason::ConnectRefused;
  call(request());
  EXPECT_EQ(reason(), "connection refused");
  proxy.connector.failures["10.0.0.1:80"] = net::CloseReason::TlsFailed;
  call(request());
  EXPECT_EQ(reason(), "tls handshake failed");
  proxy.connector.failures.clear();
  call(request());
  proxy.upstream().reset();
  proxy.run();
  EXPECT_EQ(reason(), "reset");
  call(request());
  proxy.upstream().send("nonsense\r\n\r\n");
  proxy.run();
  EXPECT_EQ(reason(), "protocol error");
  proxy.model.clusters[0].endpoints.clear();
  proxy.start();
  call(request());
  EXPECT_EQ(reason(), "no healthy host");
  proxy.model.clusters[0].dns_name = "x.test";
  proxy.start();
  call(request());
  proxy.resolver.fail_all();
  proxy.run();
  EXPECT_EQ(reason(), "name resolution failed");
}

// U-05: an answer without end is cut at the limit.
TEST_F(AsyncClientTest, CapsTheAnswer) {
  AsyncRequest wanted = request();
  wanted.response_limit_bytes = 1000;
  call(std::move(wanted));
  proxy.upstream().send("HTTP/1.1 200 OK\r\n\r\n" + std::string(1000, 'x'));
  proxy.run();
  EXPECT_EQ(answers, 0);
  proxy.upstream().send("x");
  proxy.run();
  EXPECT_EQ(reason(), "response too large");
  EXPECT_TRUE(proxy.upstream().closed);
}

TEST_F(AsyncClientTest, DestroyingTheHandleCancels) {
  call(request());
  handle.reset();
  proxy.run();
  EXPECT_TRUE(proxy.upstream().closed);
  EXPECT_EQ(answers, 0);
}

TEST_F(AsyncClientTest, ACallMayBeDestroyedBetweenItsAnswerAndItsDelivery) {
  auto started =
      proxy.worker().async_client().send(request(), [this](Result<AsyncResponse>) { ++answers; });
  proxy.loop.turn();
  proxy.loop.turn();
  proxy.upstream().send("HTTP/1.1 204 No Content\r\n\r\n");
  proxy.loop.turn();
  started->reset();
  proxy.run();
  EXPECT_EQ(answers, 0);
}

TEST_F(AsyncClientTest, ARemovedClusterStaysForTheCallInProgress) {
  call(request());
  proxy.model.clusters.clear();
  proxy.model.routes.clear();
  proxy.start();
  proxy.upstream().send("HTTP/1.1 204 No Content\r\n\r\n");
  proxy.run();
  ASSERT_TRUE(answer && answer->has_value());
  EXPECT_FALSE(proxy.worker().async_client().has_cluster("one"));
}

}  // namespace
}  // namespace wasmgate::proxy
