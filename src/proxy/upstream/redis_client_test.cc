#include "proxy/upstream/redis_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proxy/upstream/resp.h"
#include "support/proxy_fixture.h"

namespace wasmgate::proxy {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using wasmgate::testing::ProxyFixture;

// ---- the protocol ----

std::vector<std::string> replies_of(std::string_view bytes, size_t piece,
                                    RespReader::Outcome& last) {
  RespReader reader;
  std::vector<std::string> out;
  last = RespReader::Outcome::NeedMore;
  for (size_t at = 0; at < bytes.size() && last != RespReader::Outcome::Malformed; at += piece) {
    reader.feed(bytes.substr(at, piece));
    std::string reply;
    while ((last = reader.next(reply)) == RespReader::Outcome::Reply) {
      out.push_back(reply);
    }
  }
  return out;
}

TEST(RespReader, FindsRepliesInPiecesOfAnySize) {
  const std::vector<std::string> replies{"+OK\r\n",
                                         "-ERR no\r\n",
                                         ":12\r\n",
                                         "$-1\r\n",
                                         "$0\r\n\r\n",
                                         "$6\r\na\r\nb\0c\r\n",
                                         "*-1\r\n",
                                         "*0\r\n",
                                         "*2\r\n$1\r\na\r\n*1\r\n:1\r\n",
                                         "$1500\r\n" + std::string(1500, 'x') + "\r\n"};
  std::vector<std::string> wanted = replies;
  wanted[5] = std::string("$6\r\na\r\nb\0c\r\n", 12);
  std::string bytes;
  for (const std::string& reply : wanted) {
    bytes += reply;
  }
  RespReader::Outcome last{};
  for (const size_t piece : {1, 2, 3, 7, 1000, 4000}) {
    EXPECT_EQ(replies_of(bytes, piece, last), wanted) << piece;
    EXPECT_EQ(last, RespReader::Outcome::NeedMore);
  }
}

TEST(RespReader, RefusesOtherBytes) {
  RespReader::Outcome last{};
  for (const char* bad : {"hello\r\n", "$x\r\n", "*5x\r\n", "HTTP/1.1 400\r\n"}) {
    replies_of(bad, 100, last);
    EXPECT_EQ(last, RespReader::Outcome::Malformed) << bad;
  }
}

TEST(RedisQueryProblem, WantsExactlyOneCommand) {
  EXPECT_EQ(redis_query_problem(resp_command({"GET", "k"})), "");
  EXPECT_EQ(redis_query_problem(resp_command({"SET", "k", std::string_view("a\r\nb\0", 5)})), "");
  for (const std::string& bad :
       {std::string(), std::string("PING\r\n"), std::string("*0\r\n"),
        std::string("*1\r\n$4\r\nPIN\r\n"), std::string("*2\r\n$4\r\nPING\r\n"),
        std::string("*1\r\n:1\r\n"), std::string("*-1\r\n"), std::string("*1\r\n$-1\r\n"),
        std::string("*1\n$4\nPING\n"), std::string("*1\r\n$99999999999999999999\r\n"),
        std::string("*4294967296\r\n$1\r\na\r\n"),
        resp_command({"GET", "k"}) + resp_command({"GET", "l"}),
        resp_command({"GET", "k"}) + "x"}) {
    EXPECT_THAT(redis_query_problem(bad), HasSubstr("one array")) << bad;
  }
}

TEST(RedisQueryProblem, KeepsTheConnectionFitForOthers) {
  for (const char* command : {"auth", "SELECT", "Hello", "SUBSCRIBE", "monitor", "MULTI", "exec",
                              "BLPOP", "bzpopmin", "WAIT", "CLIENT", "quit"}) {
    EXPECT_THAT(redis_query_problem(resp_command({command, "x"})), HasSubstr("shared")) << command;
  }
  EXPECT_THAT(redis_query_problem(resp_command({"XREAD", "Block", "0", "STREAMS", "s", "$"})),
              HasSubstr("shared"));
  EXPECT_EQ(redis_query_problem(resp_command({"XREAD", "STREAMS", "s", "0"})), "");
  EXPECT_EQ(redis_query_problem(resp_command({"SET", "k", "block"})), "");
}

// ---- the client ----

class RedisClientTest : public ::testing::Test {
 protected:
  RedisClientTest() { proxy.start(); }

  RedisQuery query(std::string_view key = "k") {
    RedisQuery out;
    out.cluster = "one";
    out.bytes = get(key);
    out.timeout = milliseconds(100);
    return out;
  }
  static std::string get(std::string_view key) { return resp_command({"GET", key}); }

  void send(RedisQuery wanted) {
    const size_t index = results.size();
    results.emplace_back("waiting");
    auto sent = proxy.worker().redis_client().send(
        std::move(wanted), [this, index](Result<std::string> result) {
          results[index] = result ? *result : "failed: " + result.error().detail;
          handles[index].reset();
        });
    ASSERT_TRUE(sent.has_value());
    handles.push_back(std::move(*sent));
    EXPECT_EQ(results[index], "waiting");
  }
  void answer(std::string_view bytes) {
    proxy.upstream().send(bytes);
    proxy.run();
  }

  ProxyFixture proxy;
  std::vector<std::string> results;
  std::vector<std::unique_ptr<AsyncCall>> handles;
};

TEST_F(RedisClientTest, PipelinesOnOneConnectionAndKeepsTheOrder) {
  send(query("a"));
  send(query("b"));
  proxy.run();
  send(query("c"));
  proxy.run();
  EXPECT_EQ(proxy.upstream_connections(), 1U);
  EXPECT_EQ(proxy.upstream().take(), get("a") + get("b") + get("c"));
  answer("$1\r\nA\r\n$1");
  answer("\r\nB\r\n-ERR no\r\n");
  EXPECT_THAT(results, ElementsAre("$1\r\nA\r\n", "$1\r\nB\r\n", "-ERR no\r\n"));
}

TEST_F(RedisClientTest, SignsInAndSelectsBeforeAnyQuery) {
  RedisQuery wanted = query();
  wanted.user = "me";
  wanted.password = "secret";
  wanted.database = 3;
  send(std::move(wanted));
  proxy.run();
  EXPECT_EQ(proxy.upstream().take(),
            resp_command({"AUTH", "me", "secret"}) + resp_command({"SELECT", "3"}));
  answer("+OK\r\n");
  EXPECT_EQ(proxy.upstream().take(), "");
  answer("+OK\r\n");
  EXPECT_EQ(proxy.upstream().take(), get("k"));
  answer("$-1\r\n");
  EXPECT_THAT(results, ElementsAre("$-1\r\n"));
}

TEST_F(RedisClientTest, ARefusedSignInFailsTheQueriesAndTellsNoSecret) {
  RedisQuery wanted = query();
  wanted.password = "secret";
  send(std::move(wanted));
  proxy.run();
  proxy.upstream().take();
  answer("-WRONGPASS invalid\r\n");
  EXPECT_THAT(results, ElementsAre("failed: connection refused"));
  EXPECT_EQ(proxy.upstream().take(), "");
  EXPECT_THAT(proxy.logger.text(), HasSubstr("WRONGPASS"));
  EXPECT_THAT(proxy.logger.text(), ::testing::Not(HasSubstr("secret")));
}

TEST_F(RedisClientTest, OtherUsersAndDatabasesHaveConnectionsOfTheirOwn) {
  send(query());
  RedisQuery other = query();
  other.database = 1;
  send(std::move(other));
  proxy.run();
  EXPECT_EQ(proxy.upstream_connections(), 2U);
}

TEST_F(RedisClientTest, ABrokenConnectionFailsWhatWasSentAndIsMadeAgain) {
  send(query());
  proxy.run();
  proxy.upstream().reset();
  proxy.run();
  EXPECT_THAT(results, ElementsAre("failed: reset"));
  EXPECT_EQ(proxy.worker().redis_client().connections(), 0U);
  send(query());
  proxy.run();
  answer("+2\r\n");
  EXPECT_EQ(results[1], "+2\r\n");
  EXPECT_EQ(proxy.upstream_connections(), 2U);
}

TEST_F(RedisClientTest, TellsWhyThereIsNoConnection) {
  proxy.connector.failures["10.0.0.1:80"] = net::CloseReason::ConnectRefused;
  send(query());
  proxy.run();
  EXPECT_EQ(results.back(), "failed: connection refused");
  proxy.model.clusters[0].endpoints.clear();
  proxy.start();
  send(query());
  proxy.run();
  EXPECT_EQ(results.back(), "failed: no healthy host");
}

TEST_F(RedisClientTest, WaitsForTheClustersName) {
  proxy.model.clusters[0].endpoints.clear();
  proxy.start();
  proxy.model.clusters[0].dns_name = "redis.test";
  proxy.start();
  send(query());
  proxy.run();
  EXPECT_EQ(results.back(), "waiting");
  proxy.resolver.fail_all();
  proxy.run();
  EXPECT_EQ(results.back(), "failed: name resolution failed");
}

TEST_F(RedisClientTest, ASilentServerIsATimeoutAndTheConnectionGoes) {
  send(query());
  proxy.run();
  proxy.advance(milliseconds(110));
  EXPECT_THAT(results, ElementsAre("failed: timeout"));
  EXPECT_TRUE(proxy.upstream().closed);
}

TEST_F(RedisClientTest, ALateReplyGoesToNobodyElse) {
  RedisQuery patient = query("b");
  patient.timeout = seconds(5);
  send(query("a"));
  send(std::move(patient));
  proxy.run();
  proxy.advance(milliseconds(50));
  answer("$5\r\nla");  // something comes: the connection lives
  proxy.advance(milliseconds(60));
  EXPECT_THAT(results, ElementsAre("failed: timeout", "waiting"));
  answer("te!\r\n$1\r\nB\r\n");
  EXPECT_THAT(results, ElementsAre("failed: timeout", "$1\r\nB\r\n"));
}

TEST_F(RedisClientTest, ACancelledQueryKeepsItsPlaceInThePipeline) {
  send(query("a"));
  send(query("b"));
  proxy.run();
  handles[0].reset();
  answer("+A\r\n+B\r\n");
  EXPECT_THAT(results, ElementsAre("waiting", "+B\r\n"));
}

TEST_F(RedisClientTest, ACancelledQueryThatWasNotSentNeverIs) {
  send(query("a"));
  send(query("b"));
  handles[0].reset();
  proxy.run();
  EXPECT_EQ(proxy.upstream().take(), get("b"));
}

TEST_F(RedisClientTest, LimitsReplies) {
  RedisQuery small = query();
  small.reply_limit_bytes = 20;
  send(std::move(small));
  proxy.run();
  answer("$100000000\r\n" + std::string(30, 'x'));
  EXPECT_THAT(results, ElementsAre("failed: response too large"));
  EXPECT_TRUE(proxy.upstream().closed);
}

TEST_F(RedisClientTest, BytesNobodyAskedForEndTheConnection) {
  send(query());
  proxy.run();
  answer("+A\r\n+B\r\n");
  EXPECT_EQ(results.back(), "+A\r\n");
  EXPECT_TRUE(proxy.upstream().closed);
  send(query());
  proxy.run();
  answer("nonsense\r\n");
  EXPECT_EQ(results.back(), "failed: protocol error");
}

TEST_F(RedisClientTest, ClosesWhenIdle) {
  send(query());
  proxy.run();
  answer("+A\r\n");
  EXPECT_FALSE(proxy.upstream().closed);
  proxy.advance(proxy.model.gateway.timeouts.pool_idle + seconds(1));
  EXPECT_TRUE(proxy.upstream().closed);
  EXPECT_EQ(proxy.worker().redis_client().connections(), 0U);
}

TEST_F(RedisClientTest, AnEndpointThatIsGoneIsNotUsedAgain) {
  send(query());
  proxy.run();
  answer("+A\r\n");
  proxy.model.clusters[0].endpoints = {{"10.0.0.2", 80}};
  proxy.start();
  send(query());
  proxy.run();
  EXPECT_EQ(proxy.upstream_connections(), 2U);
}

TEST_F(RedisClientTest, WhatWaitsIsBounded) {
  for (int i = 0; i < 1024; ++i) {
    send(query());
  }
  EXPECT_EQ(proxy.worker().redis_client().send(query(), [](auto) {}).error().code,
            ErrorCode::LimitExceeded);
}

TEST_F(RedisClientTest, RefusesUnknownClustersAndBadQueriesAtOnce) {
  RedisQuery unknown = query();
  unknown.cluster = "none";
  EXPECT_EQ(proxy.worker().redis_client().send(std::move(unknown), [](auto) {}).error().code,
            ErrorCode::NotFound);
  RedisQuery bad = query();
  bad.bytes = "PING\r\n";
  EXPECT_EQ(proxy.worker().redis_client().send(std::move(bad), [](auto) {}).error().code,
            ErrorCode::InvalidArgument);
  EXPECT_EQ(proxy.upstream_connections(), 0U);
}

TEST_F(RedisClientTest, TheWorkersEndTellsNothing) {
  send(query());
  proxy.run();
  handles.clear();
  proxy.destroy_worker();
  EXPECT_THAT(results, ElementsAre("waiting"));
}

}  // namespace
}  // namespace wasmgate::proxy
