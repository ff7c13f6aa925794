#include "pattern_set.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace wasmgate::sdk {
namespace {

std::set<size_t> found(const PatternSet& patterns, std::string_view text) {
  std::set<size_t> all;
  patterns.each_in(text, [&](size_t index) { all.insert(index); });
  return all;
}

TEST(PatternSet, EmptySetFindsNothing) {
  EXPECT_TRUE(PatternSet().empty());
  EXPECT_FALSE(PatternSet().found_in("anything"));
}

TEST(PatternSet, IgnoresEmptyPatterns) { EXPECT_TRUE(PatternSet({"", ""}).empty()); }

TEST(PatternSet, FindsAPatternAnywhere) {
  const PatternSet patterns({"swagger.html"});
  EXPECT_TRUE(patterns.found_in("swagger.html"));
  EXPECT_TRUE(patterns.found_in("/a/swagger.html?x"));
  EXPECT_FALSE(patterns.found_in("/a/swagger.htm"));
}

TEST(PatternSet, FindsAPatternThatIsTheEndOfAnother) {
  const PatternSet patterns({"abcd", "bc"});
  EXPECT_EQ(found(patterns, "xabcy"), (std::set<size_t>{1}));
  EXPECT_EQ(found(patterns, "abcd"), (std::set<size_t>{0, 1}));
}

TEST(PatternSet, FollowsSeveralFailures) {
  const PatternSet patterns({"aaab", "aab", "ab", "b"});
  EXPECT_EQ(found(patterns, "aaab"), (std::set<size_t>{0, 1, 2, 3}));
  EXPECT_EQ(found(patterns, "xb"), (std::set<size_t>{3}));
}

TEST(PatternSet, ComparesBytesAboveAsciiAndZero) {
  const PatternSet patterns({std::string("\0\xff", 2), "\xe5\xb1\x8f"});
  EXPECT_TRUE(patterns.found_in(std::string_view("a\0\xff", 3)));
  EXPECT_TRUE(patterns.found_in("x\xe5\xb1\x8fy"));
  EXPECT_FALSE(patterns.found_in("\xe5\xb1"));
}

TEST(PatternSet, IgnoresAsciiCaseOnRequest) {
  const PatternSet patterns({"SecRet"}, false);
  EXPECT_TRUE(patterns.found_in("a sEcReT"));
  EXPECT_FALSE(PatternSet({"SecRet"}).found_in("a sEcReT"));
  EXPECT_FALSE(PatternSet({"["}, false).found_in("{"));  // differ in the bit that letters differ in
}

TEST(PatternSet, ReportsTheFirstOfEqualPatterns) {
  EXPECT_EQ(found(PatternSet({"x", "x"}), "x"), (std::set<size_t>{0}));
  EXPECT_EQ(found(PatternSet({"X", "x"}, false), "x"), (std::set<size_t>{0}));
}

TEST(PatternSet, AgreesWithPlainSearchOnRandomTexts) {
  std::mt19937 random(7);
  const auto text = [&](size_t most) {
    std::string result(1 + random() % most, 'a');
    for (char& c : result) {
      c = static_cast<char>('a' + random() % 3);
    }
    return result;
  };
  for (int round = 0; round < 300; ++round) {
    std::set<std::string> distinct;
    while (distinct.size() < 8) {
      distinct.insert(text(5));
    }
    const std::vector<std::string> list(distinct.begin(), distinct.end());
    const PatternSet patterns(list);
    const std::string body = text(30);
    std::set<size_t> expected;
    for (size_t index = 0; index < list.size(); ++index) {
      if (body.find(list[index]) != std::string::npos) {
        expected.insert(index);
      }
    }
    ASSERT_EQ(found(patterns, body), expected) << body;
    ASSERT_EQ(patterns.found_in(body), !expected.empty()) << body;
  }
}

TEST(PatternSet, HoldsTenThousandPatterns) {
  std::vector<std::string> list;
  for (int index = 0; index < 10000; ++index) {
    list.push_back("/blocked/page-" + std::to_string(index) + ".html");
  }
  const PatternSet patterns(list);
  EXPECT_TRUE(patterns.found_in("/x/blocked/page-9999.html"));
  EXPECT_FALSE(patterns.found_in("/x/blocked/page-10000.html"));
  EXPECT_EQ(found(patterns, "/blocked/page-1.html"), (std::set<size_t>{1}));
}

}  // namespace
}  // namespace wasmgate::sdk
