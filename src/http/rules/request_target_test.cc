#include "http/rules/request_target.h"

#include <gtest/gtest.h>

#include <random>

namespace wasmgate::http {
namespace {

std::string normal(std::string_view path) {
  std::string out;
  normalize_path(path, out);
  return out;
}

TEST(NormalizePath, ResolvesDotSegments) {
  EXPECT_EQ(normal("/a/b/c/./../../g"), "/a/g");  // the example of RFC 3986 §5.2.4
  EXPECT_EQ(normal("/mid/content=5/../6"), "/mid/6");
  EXPECT_EQ(normal("/../../x"), "/x");
  EXPECT_EQ(normal("?q"), "/?q");
}

TEST(NormalizePath, IsIdempotentAndNeverLeavesTheRoot) {
  std::minstd_rand random(7);
  constexpr std::string_view kPieces[] = {"/",   ".",     "..", "%2e", "%2E",  "a",  "%61",
                                          "%25", "%2561", "//", "?",   "/../", "%3f"};
  for (int i = 0; i < 20'000; ++i) {
    std::string path = "/";
    for (unsigned n = random() % 10; n > 0; --n) {
      path += kPieces[random() % std::size(kPieces)];
    }
    const std::string once = normal(path);
    const std::string plain = once.substr(0, once.find('?'));
    ASSERT_EQ(normal(once), once) << path;
    ASSERT_EQ(once.front(), '/') << path;
    ASSERT_EQ(plain.find("//"), std::string::npos) << path;
    ASSERT_EQ((plain + "/").find("/../"), std::string::npos) << path;
    ASSERT_EQ((plain + "/").find("/./"), std::string::npos) << path;
    ASSERT_TRUE(!read_path(path).normal || once == path) << path;
    ASSERT_FALSE(read_path(once).refusal) << path;
  }
}

TEST(ReadPath, SeesWhatIsNormal) {
  EXPECT_TRUE(read_path("/a/b.c?d//..%2e").normal);
  EXPECT_FALSE(read_path("/a//b").normal);
  EXPECT_FALSE(read_path("/a/.").normal);
  EXPECT_FALSE(read_path("/a%41").normal);
}

TEST(ReadRequestTarget, LeavesTheAsteriskAndNormalisesALoneQuery) {
  EXPECT_TRUE(read_request_target("OPTIONS", "*").normal);
  EXPECT_FALSE(read_request_target("GET", "http://a?q").normal);
  EXPECT_FALSE(read_request_target("GET", "http://a//b").normal);
}

TEST(ReadPath, RefusesTheAsterisk) {
  EXPECT_EQ(read_path("*").refusal.rule, 8);
  EXPECT_EQ(read_path("").refusal.rule, 8);
  EXPECT_EQ(read_path("/a b").refusal.rule, 10);
}

TEST(ReadRequestTarget, SplitsTheAbsoluteForm) {
  const RequestTarget target = read_request_target("GET", "http://a:1/b?c");
  EXPECT_EQ(target.authority, "a:1");
  EXPECT_EQ(target.path, "/b?c");
  EXPECT_FALSE(target.refusal);
}

}  // namespace
}  // namespace wasmgate::http
