#include "plugin.h"

#include <gtest/gtest.h>

#include "crypto_util.h"
#include "testing/host_simulator.h"

namespace {

using namespace Wasm::Common::Crypto;
using wasmgate::testing::HostSimulator;

constexpr const char* kConfig = R"({"expose_string_to_sign":true,"consumers":[
  {"name":"c1","key":"k1","secret":"s1"},{"name":"c2","key":"k2","secret":"s2"}],
  "_rules_":[{"_match_route_":["only-c1"],"allow":["c1"]}],"global_auth":true})";

struct HmacAuth : ::testing::Test {
  /// Headers of a request of consumer k1 that is signed for `text`.
  static HeaderStringPairs signedHeaders(const std::string& text, HeaderStringPairs headers = {}) {
    headers.emplace_back("x-ca-key", "k1");
    headers.emplace_back("x-ca-signature", getShaHmacBase64("sha256", "s1", text));
    return headers;
  }
  uint32_t send(HeaderStringPairs headers, std::vector<std::string> chunks = {},
                const char* route = "other") {
    stream = host.stream();
    stream->properties["route_name"] = route;
    stream->request(std::move(headers), std::move(chunks));
    return stream->reply().code;
  }
  std::string consumer() { return stream->requestHeader("x-mse-consumer").value_or(""); }

  HostSimulator host;
  std::unique_ptr<wasmgate::testing::StreamSimulator> stream;
};

TEST_F(HmacAuth, AdmitsASignedRequest) {
  ASSERT_TRUE(host.configure(kConfig));
  EXPECT_EQ(send(signedHeaders("GET\n*/*\n\n\n\n/p?a=1&b=x y&c=",
                               {{":path", "/p?b=x%20y&a=1&a=2&c"}, {"accept", "*/*"}})),
            0U)
      << stream->reply().header("x-ca-error-message");
  EXPECT_EQ(consumer(), "c1");
}

TEST_F(HmacAuth, SignsTheNamedHeadersSorted) {
  ASSERT_TRUE(host.configure(kConfig));
  const HeaderStringPairs headers = {
      {"x-b", "2"},
      {"x-a", "1"},
      {"date", "d"},
      {"x-ca-signature-headers", "X-B, x-a,x-missing,date,x-ca-signature,x-ca-signature-headers"}};
  EXPECT_EQ(send(signedHeaders("GET\n\n\n\nd\nx-a:1\nx-b:2\nx-missing:\n/", headers)), 0U)
      << stream->reply().header("x-ca-error-message");
}

TEST_F(HmacAuth, KnowsSha1) {
  ASSERT_TRUE(host.configure(kConfig));
  EXPECT_EQ(send({{"x-ca-key", "k2"},
                  {"x-ca-signature-method", "HmacSHA1"},
                  {"x-ca-signature", getShaHmacBase64("sha1", "s2", "GET\n\n\n\n\n/")}}),
            0U);
  EXPECT_EQ(consumer(), "c2");
}

TEST_F(HmacAuth, RefusesBeforeTheSignature) {
  ASSERT_TRUE(host.configure(kConfig));
  EXPECT_EQ(send({}), 401U);
  EXPECT_EQ(stream->reply().body, "Invalid Key");
  EXPECT_EQ(stream->reply().details, "Invalid Key");
  EXPECT_EQ(send({{"x-ca-key", "nobody"}}), 401U);
  EXPECT_EQ(send({{"x-ca-key", "k1"}}), 401U);
  EXPECT_EQ(stream->reply().body, "Empty Signature");
  EXPECT_EQ(send({{"x-ca-key", "k2"}, {"x-ca-signature", "x"}}, {}, "only-c1"), 403U);
  EXPECT_EQ(stream->reply().body, "Unauthorized Consumer");
}

TEST_F(HmacAuth, RefusesAWrongSignature) {
  ASSERT_TRUE(host.configure(kConfig));
  EXPECT_EQ(send(signedHeaders("other text", {{":path", "/?a=%0d%0ax"}})), 400U);
  EXPECT_EQ(stream->reply().body, "Invalid Signature");
  EXPECT_EQ(stream->reply().header("x-ca-error-message"),
            "Server StringToSign:`GET#####/?a=%0D#x`");
  EXPECT_EQ(consumer(), "");
}

TEST_F(HmacAuth, KeepsTheTextToItselfByDefault) {
  ASSERT_TRUE(host.configure(R"({"credentials":[{"key":"k1","secret":"s1"}]})"));
  EXPECT_EQ(send(signedHeaders("other text")), 400U);
  EXPECT_FALSE(stream->reply().hasHeader("x-ca-error-message"));
}

TEST_F(HmacAuth, SignsFormParametersAtTheEndOfTheBody) {
  ASSERT_TRUE(host.configure(kConfig));
  const HeaderStringPairs headers = {{":method", "POST"},
                                     {":path", "/p?q=1"},
                                     {"content-type", "application/x-www-form-urlencoded"}};
  const std::string text = "POST\n\n\napplication/x-www-form-urlencoded\n\n/p?a=b c&q=1";
  EXPECT_EQ(send(signedHeaders(text, headers), {"a=b%20", "c&q=9"}), 0U)
      << stream->reply().header("x-ca-error-message");
  EXPECT_EQ(stream->sentRequestBody(), "a=b%20c&q=9");
  EXPECT_EQ(consumer(), "c1");
  EXPECT_EQ(send(signedHeaders(text, headers), {"a=other"}), 400U);
  EXPECT_FALSE(stream->requestHeadersSent());
}

TEST_F(HmacAuth, VerifiesAFormRequestWithoutBodyAtHeaders) {
  ASSERT_TRUE(host.configure(kConfig));
  const HeaderStringPairs headers = {{"content-type", "application/x-www-form-urlencoded"}};
  EXPECT_EQ(send(signedHeaders("GET\n\n\napplication/x-www-form-urlencoded\n\n/", headers)), 0U);
  EXPECT_EQ(send(signedHeaders("wrong", headers)), 400U);
}

TEST_F(HmacAuth, ComparesContentMd5WithTheBody) {
  ASSERT_TRUE(host.configure(kConfig));
  const auto headers = [&](const std::string& md5) {
    return signedHeaders("POST\n\n" + md5 + "\n\n\n/", {{":method", "POST"}, {"content-md5", md5}});
  };
  EXPECT_EQ(send(headers(getMD5Base64("body")), {"bo", "dy"}), 0U);
  EXPECT_EQ(consumer(), "c1");
  EXPECT_EQ(send(headers(getMD5Base64("body")), {"bogy"}), 400U);
  EXPECT_EQ(stream->reply().body, "Invalid Content-MD5");
  EXPECT_EQ(consumer(), "");
  EXPECT_EQ(send(headers(getMD5Base64(""))), 400U);
  EXPECT_EQ(send(headers(getMD5Base64("")), {""}), 400U);
}

TEST_F(HmacAuth, TrailersEndTheBody) {
  ASSERT_TRUE(host.configure(kConfig));
  const std::string md5 = getMD5Base64("body");
  stream = host.stream();
  EXPECT_EQ(stream->requestHeaders(
                signedHeaders("POST\n\n" + md5 + "\n\n\n/",
                              {{":method", "POST"}, {":path", "/"}, {"content-md5", md5}}),
                false),
            FilterHeadersStatus::StopIteration);
  stream->requestBody("body", false);
  EXPECT_EQ(stream->requestTrailers({}), FilterTrailersStatus::Continue);
  EXPECT_EQ(consumer(), "c1");
}

TEST_F(HmacAuth, RefusesABodyAboveTheLimit) {
  ASSERT_TRUE(host.configure(kConfig));
  const HeaderStringPairs headers = {{"content-type", "application/x-www-form-urlencoded"}};
  EXPECT_EQ(send(signedHeaders("", headers),
                 {std::string(HmacAuthContext::kBodyLimitBytes, 'a'), "a", "b"}),
            413U);
  EXPECT_EQ(stream->reply().body, "Request Body Too Large");
}

TEST_F(HmacAuth, ChecksTheTime) {
  ASSERT_TRUE(host.configure(R"({"date_offset":60,"credentials":[{"key":"k1","secret":"s1"}]})"));
  host.now_nanoseconds = 784111777ULL * 1'000'000'000;
  const auto dated = [&](const char* name, const std::string& value) {
    const std::string date = std::string(name) == "date" ? value : "";
    return send(signedHeaders("GET\n\n\n\n" + date + "\n/", {{name, value}}));
  };
  EXPECT_EQ(dated("date", "Sun, 06 Nov 1994 08:49:37 GMT"), 0U);
  EXPECT_EQ(dated("date", "Sun, 06 Nov 1994 08:48:37 GMT"), 0U);
  EXPECT_EQ(dated("date", "Sun, 06 Nov 1994 08:48:36 GMT"), 400U);
  EXPECT_EQ(stream->reply().body, "Invalid Date");
  EXPECT_EQ(dated("date", "yesterday"), 400U);
  EXPECT_EQ(dated("x-ca-timestamp", "784111837"), 0U);
  EXPECT_EQ(dated("x-ca-timestamp", "784111838"), 400U);
  EXPECT_EQ(dated("x-ca-timestamp", "0784111777000"), 0U);
  EXPECT_EQ(dated("x-ca-timestamp", "99999999999999999999999"), 400U);
  EXPECT_EQ(dated("x-ca-timestamp", "12x"), 400U);
  EXPECT_EQ(dated("x-other", ""), 400U);
}

TEST_F(HmacAuth, LogsNoSecrets) {
  host.log_level = LogLevel::trace;
  ASSERT_TRUE(host.configure(R"({"credentials":[{"key":"k1","secret":"topsecret"}]})"));
  send(signedHeaders("x"));
  EXPECT_EQ(host.logText().find("topsecret"), std::string::npos);
}

TEST_F(HmacAuth, RefusesBadConfigurations) {
  const std::pair<const char*, const char*> wrong[] = {
      {"{}", "exactly one of consumers and credentials"},
      {R"({"credentials":[],"consumers":[]})", "exactly one of"},
      {R"({"credentials":[]})", "credentials: must not be empty"},
      {R"({"consumers":[{"key":"k","secret":"s"}]})", "consumers[0].name: is required"},
      {R"({"credentials":[{"key":"k"}]})", "credentials[0].secret: is required"},
      {R"({"credentials":[{"key":"k","secret":"a"},{"key":"k","secret":"b"}]})",
       "credentials[1].key: is there twice"},
      {R"({"date_offset":-1,"credentials":[{"key":"k","secret":"s"}]})", "date_offset: expected"},
  };
  for (const auto& [json, error] : wrong) {
    host.log.clear();
    EXPECT_FALSE(host.configure(json)) << json;
    EXPECT_NE(host.logText(LogLevel::error).find(error), std::string::npos) << host.logText();
  }
}

}  // namespace
