#include "regex.h"

#include <gtest/gtest.h>

namespace Wasm::Common::Regex {
namespace {

RegexSet set_of(const std::vector<std::string>& patterns, bool case_sensitive = true) {
  RegexSet set;
  for (const std::string& pattern : patterns) {
    EXPECT_EQ(set.add(pattern, case_sensitive), "") << pattern;
  }
  set.compile();
  return set;
}

TEST(CompiledGoogleReMatcher, MatchesTheWholeOrAPart) {
  const CompiledGoogleReMatcher digits("\\d+");
  EXPECT_TRUE(digits.match("123"));
  EXPECT_FALSE(digits.match("a123"));
  EXPECT_TRUE(digits.search("a123"));
  EXPECT_EQ(digits.replaceAll("a1b22", "<\\0>"), "a<1>b<22>");
}

TEST(CompiledGoogleReMatcher, TellsWhatIsWrong) {
  EXPECT_NE(CompiledGoogleReMatcher("a(").error(), "");
  EXPECT_EQ(CompiledGoogleReMatcher("a").error(), "");
}

TEST(CompiledGoogleReMatcher, RefusesLargePrograms) {
  EXPECT_EQ(CompiledGoogleReMatcher("a{200}").error(), "too complex regex: a{200}");
  EXPECT_EQ(CompiledGoogleReMatcher("a{200}", false).error(), "");
}

TEST(RegexSet, EmptySetFindsNothing) {
  EXPECT_FALSE(set_of({}).search("x"));
  EXPECT_FALSE(RegexSet().search("x"));
}

TEST(RegexSet, FindsByLiteralPartsAndWithoutThem) {
  const RegexSet set = set_of({"^/v\\d+/admin", "\\.php$", "^.{3}$"});
  EXPECT_TRUE(set.search("/v2/admin/x"));
  EXPECT_TRUE(set.search("/index.php"));
  EXPECT_TRUE(set.search("abc"));
  EXPECT_FALSE(set.search("/index.html"));
  EXPECT_FALSE(set.search("/v/admin"));
}

TEST(RegexSet, CaseCountsUnlessSaidOtherwise) {
  EXPECT_FALSE(set_of({"ADMIN"}).search("admin"));
  EXPECT_TRUE(set_of({"ADMIN"}).search("x ADMIN"));
  EXPECT_TRUE(set_of({"^AdMiN\\D"}, false).search("aDmInX"));
  EXPECT_FALSE(set_of({"^AdMiN\\D"}, false).search("admin1"));
}

TEST(RegexSet, WorksOutsideAscii) {
  EXPECT_TRUE(set_of({"\xc3\xa9t\xc3\xa9"}, false).search("x \xc3\x89T\xc3\x89"));
  EXPECT_TRUE(set_of({"admin"}).search("\xc3\xa9 admin"));
  EXPECT_TRUE(set_of({"admin"}).search("\xff admin"));  // not UTF-8
}

TEST(RegexSet, HoldsManyExpressions) {
  RegexSet set;
  for (int index = 0; index < 2000; ++index) {
    ASSERT_EQ(set.add("^/area" + std::to_string(index) + "/.*\\.cgi$"), "");
  }
  set.compile();
  EXPECT_TRUE(set.search("/area1999/x.cgi"));
  EXPECT_FALSE(set.search("/area2000/x.cgi"));
}

}  // namespace
}  // namespace Wasm::Common::Regex
