#include "plugin.h"

#include <gtest/gtest.h>

#include "testing/host_simulator.h"

namespace {

using wasmgate::testing::HostSimulator;

struct KeyRateLimit : ::testing::Test {
  KeyRateLimit() { host.properties["plugin_name"] = "ns.limit"; }

  uint32_t send(HeaderStringPairs headers, const char* route = "other") {
    stream = host.stream();
    stream->properties["route_name"] = route;
    stream->request(std::move(headers));
    return stream->reply().code;
  }
  void pass(double seconds) { host.now_nanoseconds += static_cast<uint64_t>(seconds * 1e9); }

  HostSimulator host;
  std::unique_ptr<wasmgate::testing::StreamSimulator> stream;
};

constexpr const char* kByHeader = R"({"limit_by_header":"x-key","limit_keys":[
  {"key":"a","query_per_second":2},{"key":"b","query_per_minute":"1"}]})";

TEST_F(KeyRateLimit, RefusesAboveTheLimit) {
  ASSERT_TRUE(host.configure(kByHeader));
  EXPECT_EQ(send({{"x-key", "a"}}), 0U);
  EXPECT_EQ(send({{"x-key", "a"}}), 0U);
  EXPECT_EQ(send({{"x-key", "a"}}), 429U);
  EXPECT_EQ(stream->reply().details, "Too many requests");
  EXPECT_EQ(stream->reply().body, "rate_limited");
  EXPECT_EQ(stream->reply().header("retry-after"), "1");
}

TEST_F(KeyRateLimit, TokensFollowTheTime) {
  ASSERT_TRUE(host.configure(kByHeader));
  send({{"x-key", "a"}});
  send({{"x-key", "a"}});
  pass(0.4);
  EXPECT_EQ(send({{"x-key", "a"}}), 429U);
  pass(0.1);
  EXPECT_EQ(send({{"x-key", "a"}}), 0U);
  EXPECT_EQ(send({{"x-key", "a"}}), 429U);
  pass(100);
  EXPECT_EQ(send({{"x-key", "a"}}), 0U);
  EXPECT_EQ(send({{"x-key", "a"}}), 0U);
  EXPECT_EQ(send({{"x-key", "a"}}), 429U);
}

TEST_F(KeyRateLimit, RetryAfterIsTheWaitInSeconds) {
  ASSERT_TRUE(host.configure(kByHeader));
  EXPECT_EQ(send({{"x-key", "b"}}), 0U);
  pass(10.5);
  EXPECT_EQ(send({{"x-key", "b"}}), 429U);
  EXPECT_EQ(stream->reply().header("retry-after"), "50");
}

TEST_F(KeyRateLimit, UnlistedKeysPass) {
  ASSERT_TRUE(host.configure(kByHeader));
  for (int count = 0; count < 5; ++count) {
    EXPECT_EQ(send({{"x-key", "c"}}), 0U);
    EXPECT_EQ(send({}), 0U);
  }
}

TEST_F(KeyRateLimit, ComparesTheRawQueryValue) {
  ASSERT_TRUE(host.configure(R"({"limit_by_param":"k","limit_keys":[
    {"key":"a%20b","query_per_day":1}]})"));
  EXPECT_EQ(send({{":path", "/?k=a%20b"}}), 0U);
  EXPECT_EQ(send({{":path", "/?k=a%20b"}}), 429U);
  EXPECT_EQ(send({{":path", "/?k=a+b"}}), 0U);
}

TEST_F(KeyRateLimit, RulesHaveBucketsOfTheirOwn) {
  ASSERT_TRUE(host.configure(R"({"limit_by_header":"k","limit_keys":[{"key":"a","query_per_day":1}],
    "_rules_":[{"_match_route_":["r"],"limit_by_header":"k",
                "limit_keys":[{"key":"a","query_per_day":1}]}]})"));
  EXPECT_EQ(send({{"k", "a"}}), 0U);
  EXPECT_EQ(send({{"k", "a"}}, "r"), 0U);
  EXPECT_EQ(send({{"k", "a"}}), 429U);
  EXPECT_EQ(send({{"k", "a"}}, "r"), 429U);
}

TEST_F(KeyRateLimit, NewConfigurationKeepsBucketsOfTheSameLimit) {
  ASSERT_TRUE(host.configure(kByHeader));
  send({{"x-key", "b"}});
  ASSERT_TRUE(host.configure(kByHeader));
  EXPECT_EQ(send({{"x-key", "b"}}), 429U);
  ASSERT_TRUE(host.configure(R"({"limit_by_header":"x-key","limit_keys":[
    {"key":"b","query_per_minute":2}]})"));
  EXPECT_EQ(send({{"x-key", "b"}}), 0U);
  EXPECT_EQ(send({{"x-key", "b"}}), 0U);
  EXPECT_EQ(send({{"x-key", "b"}}), 429U);
}

TEST_F(KeyRateLimit, PassesAndCountsWhenTheBucketCannotBeWritten) {
  ASSERT_TRUE(host.configure(kByHeader));
  host.fail_shared_data_writes = WasmResult::CasMismatch;
  for (int count = 0; count < 5; ++count) {
    EXPECT_EQ(send({{"x-key", "a"}}), 0U);
  }
  EXPECT_EQ(host.metrics["key_rate_limit_uncounted"], 5U);
}

TEST_F(KeyRateLimit, AClockSetBackStartsTheBucketAfresh) {
  ASSERT_TRUE(host.configure(kByHeader));
  send({{"x-key", "b"}});
  host.now_nanoseconds -= 3600ULL * 1'000'000'000;
  EXPECT_EQ(send({{"x-key", "b"}}), 0U);
  EXPECT_EQ(send({{"x-key", "b"}}), 429U);
}

TEST_F(KeyRateLimit, RefusesBadConfigurations) {
  const std::pair<const char*, const char*> wrong[] = {
      {"{}", "limit_by_header: exactly one"},
      {R"({"limit_by_header":"a","limit_by_param":"b"})", "limit_by_header: exactly one"},
      {R"({"limit_by_header":"a"})", "limit_keys: is required"},
      {R"({"limit_by_header":"a","limit_keys":[{"query_per_day":1}]})",
       "limit_keys[0].key: is required"},
      {R"({"limit_by_header":"a","limit_keys":[{"key":"x"}]})", "limit_keys[0]: one of"},
      {R"({"limit_by_header":"a","limit_keys":[{"key":"x","query_per_second":0}]})", "one of"},
      {R"({"limit_by_header":"a","limit_keys":[{"key":"x","query_per_second":-1}]})",
       "limit_keys[0].query_per_second: expected an integer"},
      {R"({"limit_by_header":"a","limit_keys":[{"key":"x","query_per_day":1},
           {"key":"x","query_per_day":1}]})",
       "limit_keys[1].key: is there twice"},
  };
  for (const auto& [json, error] : wrong) {
    host.log.clear();
    EXPECT_FALSE(host.configure(json)) << json;
    EXPECT_NE(host.logText(LogLevel::error).find(error), std::string::npos) << host.logText();
  }
}

}  // namespace
