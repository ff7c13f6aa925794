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
    ASSERT_TRUE(needs_normalization(path) || once == path) << path;
    ASSERT_FALSE(check_path(once)) << path;
  }
}

TEST(NeedsNormalization, SparesPlainPaths) {
  EXPECT_FALSE(needs_normalization("/a/b.c?d//..%2e"));
  EXPECT_FALSE(needs_normalization("*"));
  EXPECT_TRUE(needs_normalization("/a//b"));
  EXPECT_TRUE(needs_normalization("/a/."));
  EXPECT_TRUE(needs_normalization("?a"));
}

TEST(CheckPath, RefusesTheAsterisk) {
  EXPECT_EQ(check_path("*").rule, 8);
  EXPECT_EQ(check_path("").rule, 8);
  EXPECT_EQ(check_path("/a b").rule, 10);
}

TEST(ReadRequestTarget, SplitsTheAbsoluteForm) {
  const RequestTarget target = read_request_target("GET", "http://a:1/b?c");
  EXPECT_EQ(target.authority, "a:1");
  EXPECT_EQ(target.path, "/b?c");
  EXPECT_FALSE(target.refusal);
}

}  // namespace
}  // namespace wasmgate::http
