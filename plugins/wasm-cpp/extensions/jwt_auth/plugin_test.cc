#include "plugin.h"

#include <gtest/gtest.h>

#include <fstream>

#include "testing/host_simulator.h"

namespace {

using Json = nlohmann::json;
using wasmgate::testing::HostSimulator;

struct JwtAuth : ::testing::Test {
  JwtAuth() {
    std::ifstream file(WASMGATE_CASES_DIR "/../wasm-cpp/common/testing/jwt_vectors.json");
    vectors = Json::parse(file, nullptr, false);
  }
  /// Configuration with one consumer c1; `more` adds or replaces fields.
  std::string config(const Json& more = Json::object()) {
    Json consumer = {{"name", "c1"}, {"issuer", "abc"}, {"jwks", vectors["jwks"].dump()}};
    consumer.update(more);
    return Json({{"consumers", Json::array({consumer})}}).dump();
  }
  std::string token(const char* name = "RS256") {
    return vectors[vectors["tokens"].contains(name) ? "tokens" : "others"][name];
  }
  uint32_t send(HeaderStringPairs headers, const char* route = "r") {
    stream = host.stream();
    stream->properties["route_name"] = route;
    stream->request(std::move(headers));
    return stream->reply().code;
  }
  uint32_t sendBearer(const std::string& text) {
    return send({{"authorization", "Bearer " + text}});
  }
  std::string consumer() { return stream->requestHeader("x-mse-consumer").value_or(""); }

  Json vectors;
  HostSimulator host;
  std::unique_ptr<wasmgate::testing::StreamSimulator> stream;
};

TEST_F(JwtAuth, AdmitsEveryAlgorithm) {
  ASSERT_TRUE(host.configure(config()));
  for (const auto& [name, value] : vectors["tokens"].items()) {
    EXPECT_EQ(sendBearer(value), 0U) << name << stream->reply().body;
    EXPECT_EQ(consumer(), "c1");
  }
}

TEST_F(JwtAuth, TellsWhyATokenIsRefused) {
  ASSERT_TRUE(host.configure(config()));
  const std::pair<std::string, const char*> wrong[] = {
      {token("expired"), "Jwt is expired"},
      {token("not_yet"), "Jwt not yet valid"},
      {token("other_issuer"), "Jwt issuer is not configured"},
      {token("unknown_key"), "Jwks doesn't have key to match kid or alg from Jwt"},
      {token("confused"), "Jwks doesn't have key to match kid or alg from Jwt"},
      {token().substr(0, token().size() - 2), "Jwt verification fails"},
      {"nonsense", "Jwt is not in the form of Header.Payload.Signature"},
  };
  for (const auto& [text, reason] : wrong) {
    EXPECT_EQ(sendBearer(text), 401U) << reason;
    EXPECT_EQ(stream->reply().body, reason);
    EXPECT_EQ(stream->reply().header("www-authenticate"),
              "Bearer realm=\"http://example.com/\", error=\"invalid_token\"");
    EXPECT_EQ(consumer(), "");
  }
  EXPECT_EQ(stream->reply().details,
            "jwt_authn_access_denied{Jwt_is_not_in_the_form_of_Header.Payload.Signature}");
}

TEST_F(JwtAuth, AsksForAToken) {
  ASSERT_TRUE(host.configure(config()));
  const std::string path = "/" + std::string(300, 'a');
  EXPECT_EQ(send({{":path", path}}), 401U);
  EXPECT_EQ(stream->reply().body, "Jwt is missing");
  EXPECT_EQ(stream->reply().header("www-authenticate"),
            "Bearer realm=\"http://example.com" + path.substr(0, 256) + "\"");
}

TEST_F(JwtAuth, PrefixMustStandAtTheStart) {
  ASSERT_TRUE(host.configure(config()));
  EXPECT_EQ(send({{"authorization", "x Bearer " + token()}}), 401U);
  EXPECT_EQ(stream->reply().body, "Jwt is missing");
}

TEST_F(JwtAuth, LooksInQueryAndCookies) {
  ASSERT_TRUE(host.configure(config()));
  EXPECT_EQ(send({{":path", "/?a=1&access_token=" + token()}}), 0U);
  ASSERT_TRUE(host.configure(config({{"from_cookies", {"jwt"}}})));
  EXPECT_EQ(send({{"cookie", "a=1; jwt=" + token()}}), 0U);
  EXPECT_EQ(sendBearer(token()), 401U);
}

TEST_F(JwtAuth, EveryTokenFoundMustVerify) {
  ASSERT_TRUE(host.configure(config()));
  EXPECT_EQ(send({{":path", "/?access_token=bad"}, {"authorization", "Bearer " + token()}}), 401U);
}

TEST_F(JwtAuth, ComparesClaimsTrimmed) {
  ASSERT_TRUE(host.configure(config({{"claims", {{"team", "core"}, {"sub", " tester "}}}})));
  EXPECT_EQ(sendBearer(token()), 0U);
  ASSERT_TRUE(host.configure(config({{"claims", {{"team", "other"}}}})));
  EXPECT_EQ(sendBearer(token()), 401U);
  ASSERT_TRUE(host.configure(config({{"claims", {{"level", "7"}}}})));
  EXPECT_EQ(sendBearer(token()), 401U);  // not a string in the token
}

TEST_F(JwtAuth, CopiesClaimsToHeaders) {
  ASSERT_TRUE(
      host.configure(config({{"claims_to_headers",
                              {{{"claim", "sub"}, {"header", "x-user"}},
                               {{"claim", "level"}, {"header", "x-level"}, {"override", false}},
                               {{"claim", "absent"}, {"header", "x-absent"}}}}})));
  EXPECT_EQ(send({{"authorization", "Bearer " + token()}, {"x-user", "boss"}, {"x-level", "1"}}),
            0U);
  EXPECT_EQ(stream->requestHeaderValues("x-user"), (std::vector<std::string>{"tester"}));
  EXPECT_EQ(stream->requestHeaderValues("x-level"), (std::vector<std::string>{"1", "7"}));
  EXPECT_FALSE(stream->requestHeader("x-absent"));
}

TEST_F(JwtAuth, RemovesTokensOnRequest) {
  ASSERT_TRUE(host.configure(config({{"keep_token", false},
                                     {"from_headers", {{{"name", "x-jwt"}}}},
                                     {"from_params", {"t"}},
                                     {"from_cookies", {"jwt"}}})));
  EXPECT_EQ(send({{"x-jwt", token()},
                  {":path", "/p?a=1&t=" + token() + "&b=2"},
                  {"cookie", "a=1; jwt=" + token() + "; b=2"}}),
            0U);
  EXPECT_FALSE(stream->requestHeader("x-jwt"));
  EXPECT_EQ(stream->requestHeader(":path"), "/p?a=1&b=2");
  EXPECT_EQ(stream->requestHeader("cookie"), "a=1; b=2");
  EXPECT_EQ(send({{":path", "/p?t=" + token()}, {"cookie", "jwt=" + token()}}), 0U);
  EXPECT_EQ(stream->requestHeader(":path"), "/p");
  EXPECT_FALSE(stream->requestHeader("cookie"));
}

TEST_F(JwtAuth, FirstAdmittedConsumerWins) {
  const std::string jwks = vectors["jwks"].dump();
  ASSERT_TRUE(host.configure(
      Json({{"consumers", {{{"name", "c1"}, {"jwks", jwks}}, {{"name", "c2"}, {"jwks", jwks}}}},
            {"_rules_",
             {{{"_match_route_", {"r"}}, {"allow", {"c2"}}},
              {{"_match_route_", {"s"}}, {"allow", {"nobody"}}}}}})
          .dump()));
  EXPECT_EQ(send({{"authorization", "Bearer " + token()}}), 0U);
  EXPECT_EQ(consumer(), "c2");
  EXPECT_EQ(send({{"authorization", "Bearer " + token()}}, "s"), 403U);
  EXPECT_EQ(stream->reply().body, "Access Denied");
  EXPECT_EQ(stream->reply().details, "jwt_authn_access_denied");
}

TEST_F(JwtAuth, EnableHeadersLimitTheCheck) {
  Json all = Json::parse(config());
  all["enable_headers"] = {"x-check"};
  ASSERT_TRUE(host.configure(all.dump()));
  EXPECT_EQ(send({{"x-mse-consumer", "boss"}}), 0U);
  EXPECT_EQ(consumer(), "");
  EXPECT_EQ(send({{"x-check", ""}}), 401U);
}

TEST_F(JwtAuth, LogsNoTokens) {
  host.log_level = LogLevel::trace;
  ASSERT_TRUE(host.configure(config()));
  sendBearer(token());
  sendBearer(token("expired"));
  EXPECT_EQ(host.logText().find(token().substr(0, 20)), std::string::npos);
}

TEST_F(JwtAuth, RefusesBadConfigurations) {
  const std::pair<std::string, const char*> wrong[] = {
      {"{}", "consumers: is required"},
      {config({{"name", ""}}), "consumers[0].name: is required"},
      {config({{"jwks", ""}}), "consumers[0].jwks: is required"},
      {config({{"jwks", "{}"}}), "consumers[0].jwks: keys[0].kty: is required"},
      {config({{"claims", 1}}), "consumers[0].claims: expected an object"},
      {config({{"claims", {{"a", true}}}}), "consumers[0].claims.a: expected a string"},
      {config({{"clock_skew_seconds", -1}}), "consumers[0].clock_skew_seconds: expected"},
      {config({{"from_headers", {{{"value_prefix", "x"}}}}}), "from_headers[0].name: is required"},
      {config({{"claims_to_headers",
                {{{"claim", "a"}, {"header", "b"}}, {{"claim", "a"}, {"header", "c"}}}}}),
       "claims_to_headers[1].claim: is there twice"},
  };
  for (const auto& [json, error] : wrong) {
    host.log.clear();
    EXPECT_FALSE(host.configure(json)) << json;
    EXPECT_NE(host.logText(LogLevel::error).find(error), std::string::npos) << host.logText();
  }
}

}  // namespace
