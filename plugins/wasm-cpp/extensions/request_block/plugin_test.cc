#include "plugin.h"

#include <gtest/gtest.h>

#include "testing/host_simulator.h"

namespace {

using wasmgate::testing::HostSimulator;

struct RequestBlock : ::testing::Test {
  /// Sends one request and returns the local reply's code, 0 when it passed.
  uint32_t send(HeaderStringPairs headers, std::vector<std::string> chunks = {}) {
    stream = host.stream();
    stream->request(std::move(headers), std::move(chunks));
    return stream->reply().code;
  }
  uint32_t sendPath(const char* path) { return send({{":path", path}}); }

  HostSimulator host;
  std::unique_ptr<wasmgate::testing::StreamSimulator> stream;
};

TEST_F(RequestBlock, BlocksUrlParts) {
  ASSERT_TRUE(host.configure(R"({"block_urls":["swagger.html","foo=bar"]})"));
  EXPECT_EQ(sendPath("/a/swagger.html"), 403U);
  EXPECT_EQ(stream->reply().body, "");
  EXPECT_EQ(sendPath("/a?foo=bar"), 403U);
  EXPECT_EQ(sendPath("/a?foo=baz"), 0U);
  EXPECT_TRUE(stream->requestHeadersSent());
}

TEST_F(RequestBlock, ExactAndRegexpListsWorkWithoutBlockUrls) {
  ASSERT_TRUE(host.configure(R"({"block_exact_urls":["/x"]})"));
  EXPECT_EQ(sendPath("/x"), 403U);
  EXPECT_EQ(sendPath("/xy"), 0U);
  ASSERT_TRUE(host.configure(R"({"block_regexp_urls":["x[0-9]"]})"));
  EXPECT_EQ(sendPath("/ax5b"), 403U);
  EXPECT_EQ(sendPath("/axb"), 0U);
}

TEST_F(RequestBlock, UsesConfiguredReply) {
  ASSERT_TRUE(
      host.configure(R"({"blocked_code":"404","blocked_message":"gone","block_urls":["x"]})"));
  EXPECT_EQ(sendPath("/x"), 404U);
  EXPECT_EQ(stream->reply().body, "gone");
}

TEST_F(RequestBlock, SearchesHeadersAsLines) {
  ASSERT_TRUE(host.configure(R"({"block_headers":["x-mode\ndebug\n"]})"));
  EXPECT_EQ(send({{"x-mode", "debug"}}), 403U);
  EXPECT_EQ(send({{"x-mode", "debugger"}}), 0U);
}

TEST_F(RequestBlock, IgnoresCaseInEveryList) {
  ASSERT_TRUE(host.configure(R"({"case_sensitive":"false","block_exact_urls":["/Exact"],
    "block_urls":["PART"],"block_regexp_urls":["^/Id\\D$"],"block_headers":["EVIL"],
    "block_bodies":["ATTACK"]})"));
  EXPECT_EQ(sendPath("/eXACT"), 403U);
  EXPECT_EQ(sendPath("/my-part"), 403U);
  EXPECT_EQ(sendPath("/iDx"), 403U);
  EXPECT_EQ(sendPath("/iD1"), 0U);
  EXPECT_EQ(send({{"agent", "so eViL"}}), 403U);
  EXPECT_EQ(send({{":method", "POST"}}, {"an Attack"}), 403U);
}

TEST_F(RequestBlock, FindsBodyPatternAcrossPieces) {
  ASSERT_TRUE(host.configure(R"({"block_bodies":["attack"],"block_bodys":["virus"]})"));
  EXPECT_EQ(send({{":method", "POST"}}, {"an att", "ack"}), 403U);
  EXPECT_FALSE(stream->requestHeadersSent());
  EXPECT_EQ(send({{":method", "POST"}}, {"vir", "us"}), 403U);
  EXPECT_EQ(send({{":method", "POST"}}, {"harm", "less"}), 0U);
  EXPECT_EQ(stream->sentRequestBody(), "harmless");
}

TEST_F(RequestBlock, HoldsHeadersOnlyForBodyPatterns) {
  ASSERT_TRUE(host.configure(R"({"block_urls":["x"]})"));
  stream = host.stream();
  EXPECT_EQ(stream->requestHeaders({{":path", "/"}}, false), FilterHeadersStatus::Continue);
  EXPECT_EQ(stream->requestBody("attack", true), FilterDataStatus::Continue);
  ASSERT_TRUE(host.configure(R"({"block_bodies":["x"]})"));
  stream = host.stream();
  EXPECT_EQ(stream->requestHeaders({{":path", "/"}}, false), FilterHeadersStatus::StopIteration);
  EXPECT_EQ(stream->properties["set_decoder_buffer_limit"], "33554432");
  stream = host.stream();
  EXPECT_EQ(stream->requestHeaders({{":path", "/"}}, true), FilterHeadersStatus::Continue);
}

TEST_F(RequestBlock, TrailersEndTheBody) {
  ASSERT_TRUE(host.configure(R"({"block_bodies":["attack"]})"));
  stream = host.stream();
  stream->requestHeaders({{":path", "/"}}, false);
  EXPECT_EQ(stream->requestBody("attack", false), FilterDataStatus::StopIterationAndBuffer);
  EXPECT_EQ(stream->requestTrailers({{"t", "1"}}), FilterTrailersStatus::StopIteration);
  EXPECT_EQ(stream->reply().code, 403U);
}

TEST_F(RequestBlock, RefusesABodyAboveTheLimitWhileItArrives) {
  ASSERT_TRUE(host.configure(R"({"block_bodies":["attack"]})"));
  stream = host.stream();
  stream->requestHeaders({{":path", "/"}}, false);
  const std::string limit(RequestBlockContext::kBodyLimitBytes, 'a');
  EXPECT_EQ(stream->requestBody(limit, false), FilterDataStatus::StopIterationAndBuffer);
  EXPECT_EQ(stream->requestBody("a", false), FilterDataStatus::StopIterationNoBuffer);
  EXPECT_EQ(stream->reply().code, 413U);
}

TEST_F(RequestBlock, EmptyConfigurationPassesAndWarns) {
  ASSERT_TRUE(host.configure("{}"));
  EXPECT_EQ(sendPath("/swagger.html"), 0U);
  EXPECT_NE(host.logText(LogLevel::warn).find("nothing is blocked"), std::string::npos);
}

TEST_F(RequestBlock, NoConfigurationPasses) {
  ASSERT_TRUE(host.configure(""));
  EXPECT_EQ(sendPath("/swagger.html"), 0U);
}

TEST_F(RequestBlock, RefusesWrongTypesWithTheirPath) {
  const std::pair<const char*, const char*> wrong[] = {
      {R"({"block_urls":"x"})", "block_urls: expected a list"},
      {R"({"block_urls":["a",true]})", "block_urls[1]: expected a string"},
      {R"({"block_urls":[""]})", "block_urls[0]: must not be empty"},
      {R"({"blocked_code":"x"})", "blocked_code: expected an integer"},
      {R"({"blocked_code":99})", "blocked_code: expected an integer"},
      {R"({"case_sensitive":1})", "case_sensitive: expected true or false"},
      {R"({"block_regexp_urls":["a","("]})", "block_regexp_urls[1]: "},
      {R"({"block_regexp_urls":["a{200}"]})", "too complex regex"},
  };
  for (const auto& [json, error] : wrong) {
    host.log.clear();
    EXPECT_FALSE(host.configure(json)) << json;
    EXPECT_NE(host.logText(LogLevel::error).find(error), std::string::npos) << host.logText();
  }
}

TEST_F(RequestBlock, ChecksUnderTenThousandPatterns) {
  std::string list;
  for (int index = 0; index < 10000; ++index) {
    list += (index == 0 ? "\"" : ",\"") + std::string("/blocked-") + std::to_string(index) + "\"";
  }
  ASSERT_TRUE(host.configure("{\"block_urls\":[" + list + "]}"));
  EXPECT_EQ(sendPath("/a/blocked-9999"), 403U);
  EXPECT_EQ(sendPath("/a/blocked"), 0U);
}

}  // namespace
