#include "plugin.h"

#include <gtest/gtest.h>

#include "testing/host_simulator.h"

namespace {

using Json = nlohmann::json;
using wasmgate::testing::HostSimulator;

struct OAuth : ::testing::Test {
  uint32_t send(HeaderStringPairs headers, std::vector<std::string> chunks = {},
                const char* route = "r") {
    stream = host.stream();
    stream->properties["route_name"] = route;
    stream->request(std::move(headers), std::move(chunks));
    return stream->reply().code;
  }
  /// Asks for a token by GET and returns it.
  std::string token(const char* more = "", const char* route = "r") {
    EXPECT_EQ(send({{":path", std::string("/x/oauth2/token?grant_type=client_credentials"
                                          "&client_id=id1&client_secret=s%31") +
                                  more}},
                   {}, route),
              200U)
        << stream->reply().body;
    return Json::parse(stream->reply().body)["access_token"];
  }
  uint32_t use(const std::string& text, const char* route = "r") {
    return send({{"authorization", "Bearer " + text}}, {}, route);
  }
  HostSimulator host;
  std::unique_ptr<wasmgate::testing::StreamSimulator> stream;
};

constexpr const char* kConsumers = R"("consumers":[
  {"name":"c1","client_id":"id1","client_secret":"s1"},
  {"name":"c2","client_id":"id2","client_secret":"s2"}])";
std::string config(const std::string& more = "") { return "{" + more + kConsumers + "}"; }

TEST_F(OAuth, GivesOutTokensAndAdmitsThem) {
  ASSERT_TRUE(host.configure(config()));
  const std::string text = token("&scope=a%20b");
  const Json answer = Json::parse(stream->reply().body);
  EXPECT_EQ(answer["token_type"], "bearer");
  EXPECT_EQ(answer["expires_in"], 7200);
  EXPECT_EQ(stream->reply().header("content-type"), "application/json");
  EXPECT_EQ(use(text), 0U);
  EXPECT_EQ(stream->requestHeader("x-mse-consumer"), "c1");
  EXPECT_TRUE(stream->requestHeader("authorization"));

  wasmgate::sdk::Jwt jwt;
  ASSERT_EQ(wasmgate::sdk::Jwt::parse(text, jwt), wasmgate::sdk::JwtStatus::Ok);
  EXPECT_EQ(jwt.header["typ"], "application/at+jwt");
  EXPECT_EQ(jwt.payload["iss"], "Higress-Gateway");
  EXPECT_EQ(jwt.payload["aud"], "default");
  EXPECT_EQ(jwt.payload["scope"], "a b");
  EXPECT_EQ(jwt.payload["exp"].get<int64_t>() - jwt.payload["iat"].get<int64_t>(), 7200);
  EXPECT_EQ(jwt.payload["jti"].get<std::string>().size(), 36U);
  EXPECT_NE(token(), token());
}

TEST_F(OAuth, TakesFormsInPieces) {
  ASSERT_TRUE(host.configure(config()));
  EXPECT_EQ(send({{":method", "POST"},
                  {":path", "/oauth2/token"},
                  {"content-type", "application/x-www-form-urlencoded; charset=utf-8"}},
                 {"grant_type=client_cred", "entials&client_id=id1&client_secret=s1"}),
            200U);
}

TEST_F(OAuth, TellsWhatATokenRequestLacks) {
  ASSERT_TRUE(host.configure(config()));
  const std::pair<const char*, const char*> wrong[] = {
      {"", "Authorize parameters are missing"},
      {"?a=b", "grant_type is missing"},
      {"?grant_type=password", "grant_type:password is not support"},
      {"?grant_type=client_credentials", "client_id is missing"},
      {"?grant_type=client_credentials&client_id=id1", "client_secret is missing"},
      {"?grant_type=client_credentials&client_id=id1&client_secret=s2",
       "invalid client_id or client_secret"},
      {"?grant_type=client_credentials&client_id=no&client_secret=s2",
       "invalid client_id or client_secret"},
  };
  for (const auto& [query, text] : wrong) {
    EXPECT_EQ(send({{":path", std::string("/oauth2/token") + query}}), 400U);
    EXPECT_EQ(stream->reply().body, text);
  }
  EXPECT_EQ(stream->reply().details, "oauth_access_denied{invalid_client_id_or_client_secret}");
}

TEST_F(OAuth, LetsNothingElseThroughOnTheTokenPath) {
  ASSERT_TRUE(host.configure(config()));
  EXPECT_EQ(send({{":method", "PUT"}, {":path", "/oauth2/token"}}), 405U);
  EXPECT_EQ(stream->reply().header("allow"), "GET, POST");
  EXPECT_EQ(send({{":method", "POST"}, {":path", "/oauth2/token"}}), 400U);
  EXPECT_EQ(stream->reply().body, "Authorize parameters are missing");
  EXPECT_EQ(send({{":method", "POST"}, {":path", "/oauth2/token"}, {"content-type", "text/plain"}},
                 {"x"}),
            400U);
  EXPECT_EQ(stream->reply().body, "Invalid content-type");
  EXPECT_EQ(send({{":path", "/xoauth2/token"}}), 401U);
}

TEST_F(OAuth, RefusesLargeForms) {
  ASSERT_TRUE(host.configure(config()));
  EXPECT_EQ(send({{":method", "POST"},
                  {":path", "/oauth2/token"},
                  {"content-type", "application/x-www-form-urlencoded"}},
                 {std::string(OAuthContext::kBodyLimitBytes, 'a'), "a", "b"}),
            413U);
}

TEST_F(OAuth, RefusesBadTokens) {
  ASSERT_TRUE(host.configure(config()));
  const std::string text = token();
  const auto forged = [](const char* key, const Json& value) {
    Json header = {{"alg", "HS256"}, {"typ", "application/at+jwt"}};
    Json payload = {{"iss", "Higress-Gateway"}, {"sub", "c1"},          {"aud", "default"},
                    {"iat", 1'700'000'000},     {"exp", 1'700'000'100}, {"client_id", "id1"}};
    (header.contains(key) ? header : payload)[key] = value;
    return wasmgate::sdk::sign_hs256(header, payload, "s1");
  };
  EXPECT_EQ(use(forged("jti", "x")), 0U);
  for (const std::string& bad :
       {std::string(""), std::string("x"), text + "x", text.substr(0, text.size() - 1),
        forged("iss", "other"), forged("sub", "c2"), forged("client_id", "id2"),
        forged("client_id", "no"), forged("aud", 1), forged("exp", "1"), forged("iat", nullptr),
        forged("exp", 1'699'999'000), forged("iat", 1'700'000'061), forged("typ", "JWT"),
        forged("alg", "HS512"), forged("nbf", 1'700'000'061)}) {
    EXPECT_EQ(use(bad), 401U) << bad;
    EXPECT_EQ(stream->reply().body, "Invalid Jwt token");
    EXPECT_EQ(stream->reply().details, "oauth_access_denied");
    EXPECT_EQ(stream->reply().header("www-authenticate"), "Bearer realm=\"http://example.com/\"");
  }
  EXPECT_EQ(send({}), 401U);
  EXPECT_EQ(send({{"authorization", "x Bearer " + text}}), 401U);
}

TEST_F(OAuth, TokensExpire) {
  ASSERT_TRUE(host.configure(config(R"("token_ttl":100,"clock_skew_seconds":10,)")));
  const std::string text = token();
  host.now_nanoseconds += 110'000'000'000;
  EXPECT_EQ(use(text), 0U);
  host.now_nanoseconds += 1'000'000'000;
  EXPECT_EQ(use(text), 401U);
}

TEST_F(OAuth, AudienceIsTheRouteUnlessGlobal) {
  ASSERT_TRUE(host.configure(config(R"("global_credentials":false,)")));
  const std::string text = token("", "a");
  EXPECT_EQ(use(text, "a"), 0U);
  EXPECT_EQ(use(text, "b"), 403U);
  EXPECT_EQ(stream->reply().body, "Access Denied");
}

TEST_F(OAuth, RuleAdmitsItsConsumersOnly) {
  ASSERT_TRUE(host.configure(config(R"("_rules_":[{"_match_route_":["r"],"allow":["c2"]}],)")));
  EXPECT_EQ(use(token()), 403U);
  EXPECT_EQ(use("x", "other"), 0U);
}

TEST_F(OAuth, TokenEndpointAnswersWithoutAuthentication) {
  ASSERT_TRUE(host.configure(config(R"("global_auth":false,)")));
  token();
  EXPECT_EQ(send({}), 0U);
}

TEST_F(OAuth, UsesAndRemovesAnotherHeader) {
  ASSERT_TRUE(host.configure(
      config(R"("auth_header_name":"X-Token","keep_token":false,"auth_path":"get/token",)")));
  EXPECT_EQ(send({{":path",
                   "/get/token?grant_type=client_credentials&client_id=id2"
                   "&client_secret=s2"}}),
            200U);
  const std::string text = Json::parse(stream->reply().body)["access_token"];
  EXPECT_EQ(send({{"x-token", "Bearer " + text}}), 0U);
  EXPECT_FALSE(stream->requestHeader("x-token"));
}

TEST_F(OAuth, RefusesBadConfigurations) {
  const std::pair<const char*, const char*> wrong[] = {
      {"{}", "consumers: is required"},
      {R"({"consumers":[{"name":"a","client_id":"b"}]})",
       "consumers[0].client_secret: is required"},
      {R"({"consumers":[{"name":"a","client_id":"b","client_secret":"c"},
           {"name":"a","client_id":"d","client_secret":"c"}]})",
       "consumers[1].name: is there twice"},
      {R"({"consumers":[{"name":"a","client_id":"b","client_secret":"c"},
           {"name":"d","client_id":"b","client_secret":"c"}]})",
       "consumers[1].client_id: is there twice"},
      {R"({"token_ttl":0,"consumers":[]})", "token_ttl: expected an integer"},
      {R"({"auth_path":"","consumers":[]})", "auth_path: must not be empty"},
  };
  for (const auto& [json, error] : wrong) {
    host.log.clear();
    EXPECT_FALSE(host.configure(json)) << json;
    EXPECT_NE(host.logText(LogLevel::error).find(error), std::string::npos) << host.logText();
  }
}

}  // namespace
