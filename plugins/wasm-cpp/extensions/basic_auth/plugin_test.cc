#include "plugin.h"

#include <gtest/gtest.h>

#include "base64.h"
#include "testing/host_simulator.h"

namespace {

using wasmgate::testing::HostSimulator;

std::string basic(std::string_view credential) { return "Basic " + Base64::encode(credential); }

struct BasicAuth : ::testing::Test {
  /// Sends a request with this authorization header (empty: none); the reply's code, 0: passed.
  uint32_t send(const std::string& authorization, const char* route = "r",
                HeaderStringPairs headers = {}) {
    stream = host.stream();
    stream->properties["route_name"] = route;
    if (!authorization.empty()) {
      headers.emplace_back("authorization", authorization);
    }
    stream->request(std::move(headers));
    return stream->reply().code;
  }
  std::string consumer() { return stream->requestHeader("x-mse-consumer").value_or(""); }

  HostSimulator host;
  std::unique_ptr<wasmgate::testing::StreamSimulator> stream;
};

constexpr const char* kTwoConsumers = R"({"consumers":[
  {"name":"c1","credential":"admin:123456"},{"name":"c2","credential":"Z3Vlc3Q6YWJj"}]})";

TEST_F(BasicAuth, AdmitsPlainAndBase64Credentials) {
  ASSERT_TRUE(host.configure(kTwoConsumers));
  EXPECT_EQ(send(basic("admin:123456")), 0U);
  EXPECT_EQ(consumer(), "c1");
  EXPECT_EQ(stream->properties["mse_consumer"], "c1");
  EXPECT_EQ(send("bASIC " + Base64::encode("guest:abc")), 0U);
  EXPECT_EQ(consumer(), "c2");
}

TEST_F(BasicAuth, PasswordMayHoldColons) {
  ASSERT_TRUE(host.configure(R"({"credentials":["u:a:b"]})"));
  EXPECT_EQ(send(basic("u:a:b")), 0U);
  EXPECT_EQ(send(basic("u:a")), 401U);
}

TEST_F(BasicAuth, AsksForCredentials) {
  ASSERT_TRUE(host.configure(R"({"realm":"a \"b\" \\c","credentials":["u:p"]})"));
  for (const char* header : {"", "Bearer x", "Basi"}) {
    EXPECT_EQ(send(header), 401U) << header;
    EXPECT_EQ(stream->reply().details,
              "Request denied by Basic Auth check. No Basic Authentication information found.");
    EXPECT_EQ(stream->reply().body, "");
    EXPECT_EQ(stream->reply().header("www-authenticate"), R"(Basic realm="a \"b\" \\c")");
  }
}

TEST_F(BasicAuth, RefusesWrongCredentials) {
  ASSERT_TRUE(host.configure(kTwoConsumers));
  for (const std::string& header : {basic("admin:1234567"), basic("admin"), basic(""),
                                    std::string("Basic !!!!"), std::string("Basic admin:123456")}) {
    EXPECT_EQ(send(header), 401U) << header;
    EXPECT_EQ(stream->reply().details,
              "Request denied by Basic Auth check. Invalid username and/or password");
    EXPECT_EQ(stream->reply().header("www-authenticate"), "Basic realm=\"MSE Gateway\"");
  }
}

TEST_F(BasicAuth, RefusesConsumersThatARuleDoesNotAllow) {
  ASSERT_TRUE(host.configure(R"({"consumers":[{"name":"c1","credential":"a:1"},
    {"name":"c2","credential":"b:2"}],"_rules_":[{"_match_route_":["r"],"allow":["c1"]}]})"));
  EXPECT_EQ(send(basic("a:1")), 0U);
  EXPECT_EQ(send(basic("b:2")), 403U);
  EXPECT_EQ(stream->reply().details, "Request denied by Basic Auth check. Unauthorized consumer");
  EXPECT_TRUE(stream->reply().hasHeader("www-authenticate"));
  EXPECT_EQ(consumer(), "");
  EXPECT_EQ(send("", "other"), 0U);
}

TEST_F(BasicAuth, AnonymousCredentialsAreNotLimitedByAllow) {
  ASSERT_TRUE(host.configure(R"({"_rules_":[{"_match_route_":["r"],"credentials":["a:1"],
    "allow":["c1"]}]})"));
  EXPECT_EQ(send(basic("a:1")), 0U);
  EXPECT_EQ(consumer(), "");
}

TEST_F(BasicAuth, RemovesTheClientsConsumerHeader) {
  ASSERT_TRUE(host.configure(R"({"credentials":["a:1"],"global_auth":false})"));
  EXPECT_EQ(send("", "r", {{"x-mse-consumer", "boss"}}), 0U);
  EXPECT_EQ(consumer(), "");
}

TEST_F(BasicAuth, KeepsTheConsumerOfAnEarlierPlugin) {
  ASSERT_TRUE(host.configure(""));
  stream = host.stream();
  stream->properties["mse_consumer"] = "c9";
  stream->request({{"x-mse-consumer", "c9"}});
  EXPECT_EQ(consumer(), "c9");
}

TEST_F(BasicAuth, VerifiesHashedPasswordsAndRemembersThem) {
  ASSERT_TRUE(host.configure(R"({"encrypted":true,"consumers":[
    {"name":"c1","credential":"u:$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"},
    {"name":"c2","credential":"v:{SHA}VBPuJHI7uixaa6LQGWx4s+5GKNE="}]})"));
  EXPECT_EQ(send(basic("u:U*U")), 0U);
  EXPECT_EQ(send(basic("u:U*U")), 0U);
  EXPECT_EQ(consumer(), "c1");
  EXPECT_EQ(send(basic("u:U*V")), 401U);
  EXPECT_EQ(send(basic("v:myPassword")), 0U);
  EXPECT_EQ(consumer(), "c2");
  EXPECT_EQ(send(basic("w:myPassword")), 401U);
}

TEST_F(BasicAuth, LogsNoSecrets) {
  host.log_level = LogLevel::trace;
  ASSERT_TRUE(host.configure(kTwoConsumers));
  send(basic("admin:123456"));
  send(basic("admin:wrongword"));
  for (const char* secret : {"123456", "wrongword", "Z3Vlc3Q6YWJj"}) {
    EXPECT_EQ(host.logText().find(secret), std::string::npos);
  }
}

TEST_F(BasicAuth, RefusesBadConfigurations) {
  const std::pair<const char*, const char*> wrong[] = {
      {"{}", "consumers or credentials is required"},
      {R"({"consumers":[]})", "consumers or credentials is required"},
      {R"({"consumers":[{"name":"a","credential":"u:p"}],"credentials":["x:y"]})",
       "credentials: excludes consumers"},
      {R"({"consumers":[{"credential":"u:p"}]})", "consumers[0].name: is required"},
      {R"({"consumers":[{"name":"a"}]})", "consumers[0].credential: is required"},
      {R"({"consumers":[{"name":"a","credential":"u:p"},{"name":"b","credential":"dTpw"}]})",
       "consumers[1].credential: is there twice"},
      {R"({"credentials":["nocolon"]})", "credentials[0]: expected \"user:password\""},
      {R"({"encrypted":true,"credentials":["dTpw"]})", "because encrypted is set"},
  };
  for (const auto& [json, error] : wrong) {
    host.log.clear();
    EXPECT_FALSE(host.configure(json)) << json;
    EXPECT_NE(host.logText(LogLevel::error).find(error), std::string::npos) << host.logText();
  }
}

}  // namespace
