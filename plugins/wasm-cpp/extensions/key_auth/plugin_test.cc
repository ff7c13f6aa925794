#include "plugin.h"

#include <gtest/gtest.h>

#include "testing/host_simulator.h"

namespace {

using wasmgate::testing::HostSimulator;

struct KeyAuth : ::testing::Test {
  /// Sends one request on route "r"; the reply's code, 0: passed.
  uint32_t send(HeaderStringPairs headers, const char* route = "r") {
    stream = host.stream();
    stream->properties["route_name"] = route;
    stream->request(std::move(headers));
    return stream->reply().code;
  }
  std::string consumer() { return stream->requestHeader("x-mse-consumer").value_or(""); }

  HostSimulator host;
  std::unique_ptr<wasmgate::testing::StreamSimulator> stream;
};

constexpr const char* kConsumers = R"({"keys":["apikey","x-api-key"],"consumers":[
  {"name":"c1","credential":"one"},{"name":"c2","credentials":["two","zwei"]},
  {"name":"c3","credential":"three","keys":["own"],"in_query":false}]})";

TEST_F(KeyAuth, FindsKeysInHeadersAndQuery) {
  ASSERT_TRUE(host.configure(kConsumers));
  EXPECT_EQ(send({{"x-api-key", "one"}}), 0U);
  EXPECT_EQ(consumer(), "c1");
  EXPECT_EQ(send({{":path", "/?a=b&apikey=zwe%69"}}), 0U);
  EXPECT_EQ(consumer(), "c2");
  EXPECT_EQ(send({{"own", "three"}}), 0U);
  EXPECT_EQ(consumer(), "c3");
}

TEST_F(KeyAuth, AKeyCountsOnlyInItsPlaces) {
  ASSERT_TRUE(host.configure(kConsumers));
  EXPECT_EQ(send({{":path", "/?own=three"}}), 401U);
  EXPECT_EQ(send({{"own", "one"}}), 401U);
  EXPECT_EQ(send({{"apikey", "three"}}), 401U);
}

TEST_F(KeyAuth, FirstKnownKeyWins) {
  ASSERT_TRUE(host.configure(kConsumers));
  EXPECT_EQ(send({{"apikey", "unknown"}, {"x-api-key", "two"}}), 0U);
  EXPECT_EQ(consumer(), "c2");
  EXPECT_EQ(send({{":path", "/?apikey=two"}, {"apikey", "one"}}), 0U);
  EXPECT_EQ(consumer(), "c1");
}

TEST_F(KeyAuth, OriginalAuthHeaderCountsForOwnKeysAndCredentials) {
  ASSERT_TRUE(host.configure(kConsumers));
  EXPECT_EQ(send({{"x-hi-original-auth", "three"}}), 0U);
  EXPECT_EQ(send({{"x-hi-original-auth", "one"}}), 401U);
  ASSERT_TRUE(host.configure(R"({"keys":["k"],"credentials":["s"]})"));
  EXPECT_EQ(send({{"x-hi-original-auth", "s"}}), 0U);
  EXPECT_EQ(consumer(), "");
}

TEST_F(KeyAuth, RefusesUnknownAndMissingKeys) {
  ASSERT_TRUE(host.configure(R"({"realm":"r","keys":["k"],"consumers":[
    {"name":"c1","credential":"one"}]})"));
  for (const HeaderStringPairs& headers : {HeaderStringPairs{}, {{"k", "two"}}, {{"k", ""}}}) {
    EXPECT_EQ(send(headers), 401U);
    EXPECT_EQ(stream->reply().details, "Request denied by Key Auth check. Invalid API key");
    EXPECT_EQ(stream->reply().header("www-authenticate"), "Key realm=\"r\"");
  }
}

TEST_F(KeyAuth, RefusesConsumersThatARuleDoesNotAllow) {
  ASSERT_TRUE(host.configure(R"({"keys":["k"],"consumers":[{"name":"c1","credential":"one"},
    {"name":"c2","credential":"two"}],"_rules_":[{"_match_route_":["r"],"allow":["c1"]}]})"));
  EXPECT_EQ(send({{"k", "one"}}), 0U);
  EXPECT_EQ(send({{"k", "two"}}), 403U);
  EXPECT_EQ(stream->reply().details, "Request denied by Key Auth check. Unauthorized consumer");
  EXPECT_EQ(stream->reply().header("www-authenticate"), "Key realm=\"MSE Gateway\"");
  EXPECT_EQ(consumer(), "");
}

TEST_F(KeyAuth, RemovesTheClientsConsumerHeader) {
  ASSERT_TRUE(host.configure(""));
  EXPECT_EQ(send({{"x-mse-consumer", "boss"}}), 0U);
  EXPECT_EQ(consumer(), "");
}

TEST_F(KeyAuth, LogsNoKeys) {
  host.log_level = LogLevel::trace;
  ASSERT_TRUE(host.configure(kConsumers));
  send({{"apikey", "zwei"}});
  send({{"apikey", "unknownkey"}});
  EXPECT_EQ(host.logText().find("zwei"), std::string::npos);
  EXPECT_EQ(host.logText().find("unknownkey"), std::string::npos);
}

TEST_F(KeyAuth, RefusesBadConfigurations) {
  const std::pair<const char*, const char*> wrong[] = {
      {"{}", "exactly one of consumers and credentials"},
      {R"({"keys":["k"],"credentials":["a"],"consumers":[]})", "exactly one of"},
      {R"({"credentials":["a"]})", "keys: is required"},
      {R"({"keys":["k"],"credentials":["a","a"]})", "credentials: must not hold"},
      {R"({"keys":["k"],"credentials":[]})", "credentials: must not be empty"},
      {R"({"keys":["k"],"consumers":[]})", "consumers: must not be empty"},
      {R"({"consumers":[{"name":"a","credential":"x"}]})", "consumers[0].keys: is required"},
      {R"({"keys":["k"],"consumers":[{"credential":"x"}]})", "consumers[0].name: is required"},
      {R"({"keys":["k"],"consumers":[{"name":"a"}]})", "consumers[0].credential: exactly one"},
      {R"({"keys":["k"],"consumers":[{"name":"a","credential":"x","credentials":["y"]}]})",
       "consumers[0].credential: exactly one"},
      {R"({"keys":["k"],"consumers":[{"name":"a","credential":"x"},
           {"name":"b","credentials":["y","x"]}]})",
       "consumers[1].credential: is there twice"},
      {R"({"keys":["k"],"in_query":false,"in_header":"false","credentials":["a"]})",
       "in_header: must not be false"},
  };
  for (const auto& [json, error] : wrong) {
    host.log.clear();
    EXPECT_FALSE(host.configure(json)) << json;
    EXPECT_NE(host.logText(LogLevel::error).find(error), std::string::npos) << host.logText();
  }
}

TEST_F(KeyAuth, ServesTenThousandConsumers) {
  std::string list;
  for (int index = 0; index < 10000; ++index) {
    const std::string number = std::to_string(index);
    list += (index == 0 ? "" : ",") + std::string(R"({"name":"c)") + number +
            R"(","credential":"key-)" + number + R"("})";
  }
  ASSERT_TRUE(host.configure(R"({"keys":["k"],"consumers":[)" + list + "]}"));
  EXPECT_EQ(send({{"k", "key-9999"}}), 0U);
  EXPECT_EQ(consumer(), "c9999");
  EXPECT_EQ(send({{"k", "key-10000"}}), 401U);
}

}  // namespace
