#include "http_util.h"

#include <gtest/gtest.h>

#include "testing/host_simulator.h"

namespace Wasm::Common::Http {
namespace {

int64_t seconds(std::string_view date) {
  const auto time = httpTime(date);
  return time ? std::chrono::duration_cast<std::chrono::seconds>(time->time_since_epoch()).count()
              : -1;
}

TEST(HttpTime, ReadsEveryForm) {
  for (const char* date : {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
                           "Sun Nov  6 08:49:37 1994", "Sun, 06-Nov-1994 08:49:37 GMT"}) {
    EXPECT_EQ(seconds(date), 784111777) << date;
  }
  EXPECT_EQ(seconds("Thu, 29 Feb 2024 00:00:00 GMT"), 1709164800);
}

TEST(HttpTime, RefusesWhatIsNoDate) {
  for (const char* date : {"", "x", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 GMT ",
                           "Sun, 32 Nov 1994 08:49:37 GMT", "Sun, 06 Foo 1994 08:49:37 GMT",
                           "Sun, 29 Feb 2023 00:00:00 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
                           "Sun, 06 Nov 99999999999 08:49:37 GMT", "Sun Nov 6 08:49:37"}) {
    EXPECT_EQ(seconds(date), -1) << date;
  }
}

TEST(PercentEncoding, DecodesEscapesAtTheEndToo) {
  EXPECT_EQ(PercentEncoding::decode("a%20b%2F"), "a b/");
  EXPECT_EQ(PercentEncoding::decode("%e5%B1"), "\xe5\xb1");
  EXPECT_EQ(PercentEncoding::decode("%41"), "A");
}

TEST(PercentEncoding, LeavesBrokenEscapes) {
  EXPECT_EQ(PercentEncoding::decode("%4"), "%4");
  EXPECT_EQ(PercentEncoding::decode("%"), "%");
  EXPECT_EQ(PercentEncoding::decode("%zz%4g"), "%zz%4g");
}

TEST(PercentEncoding, EncodesWithThePercentSign) {
  EXPECT_EQ(PercentEncoding::encode("a b%\n\xe5", " %"), "a%20b%25%0A%E5");
}

TEST(QueryParameters, FirstValueWins) {
  const QueryParams params = parseQueryString("/p?a=1&b&a=2&=x&c=%41#d=5");
  EXPECT_EQ(params, (QueryParams{{"a", "1"}, {"b", ""}, {"", "x"}, {"c", "%41"}}));
  EXPECT_EQ(parseAndDecodeQueryString("/p?c=%41&d%3d=1"), (QueryParams{{"c", "A"}, {"d=", "1"}}));
  EXPECT_TRUE(parseQueryString("/p").empty());
  EXPECT_EQ(parseFromBody("x=%20"), (QueryParams{{"x", " "}}));
}

TEST(Uri, IsTakenApart) {
  std::string_view host, path;
  extractHostPathFromUri("http://h.com:80/a?b", host, path);
  EXPECT_EQ(host, "h.com:80");
  EXPECT_EQ(path, "/a?b");
  extractHostPathFromUri("h.com", host, path);
  EXPECT_EQ(host, "h.com");
  EXPECT_EQ(path, "/");
  EXPECT_EQ(pathWithoutQuery("/a?b#c"), "/a");
  EXPECT_EQ(stripPortFromHost("[::1]:80"), "[::1]");
}

TEST(MediaType, IgnoresCaseAndParameters) {
  EXPECT_TRUE(isMediaType("Application/JSON; charset=utf-8", "application/json"));
  EXPECT_FALSE(isMediaType("application/jsonp", "application/json"));
}

TEST(RequestFacts, AreReadFromTheHost) {
  wasmgate::testing::HostSimulator host;
  host.configure("");
  const auto stream = host.stream();
  stream->request({{":authority", "h.com"},
                   {":path", "/abcdef"},
                   {"cookie", "a=1; b=\"2\"; a=3"},
                   {"x", "1"},
                   {"X", "2"},
                   {"content-length", "0"}});
  EXPECT_EQ(buildOriginalUri(4), "http://h.com/abc");
  EXPECT_EQ(getAllOfHeader("x"), (std::vector<std::string>{"1", "2"}));
  const auto cookies = parseCookies([](std::string_view) { return true; });
  EXPECT_EQ(cookies.at("a"), "1");
  EXPECT_EQ(cookies.at("b"), "2");
  EXPECT_FALSE(hasRequestBody());
  stream->request_headers = {{"content-length", "10"}};
  EXPECT_TRUE(hasRequestBody());
}

}  // namespace
}  // namespace Wasm::Common::Http
