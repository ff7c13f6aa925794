#include "config/read/units.h"

#include <gtest/gtest.h>

#include "config/read/nearest.h"

namespace wasmgate::config {
namespace {

using std::chrono::milliseconds;

TEST(ParseDuration, AddsItsParts) {
  EXPECT_EQ(parse_duration("50ms"), milliseconds(50));
  EXPECT_EQ(parse_duration("1m30s"), milliseconds(90'000));
  EXPECT_EQ(parse_duration("2h"), milliseconds(7'200'000));
  EXPECT_EQ(parse_duration("0"), milliseconds(0));
}

TEST(ParseDuration, RefusesOtherText) {
  for (const char* text : {"", "5", "ms", "-1s", "1.5s", "1 s", "1d", "1sx",
                           "99999999999999999999s", "9223372036854775807ms", "100000h"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

TEST(ParseBytes, KnowsBothScales) {
  EXPECT_EQ(parse_bytes("64Mi"), 64U << 20);
  EXPECT_EQ(parse_bytes("1000"), 1000U);
  EXPECT_EQ(parse_bytes("2k"), 2000U);
}

TEST(ParseBytes, RefusesOtherText) {
  for (const char* text :
       {"", "Mi", "1MiB", "-1", "1.5Gi", "9223372036854775807Ki", "99999999999999999999", "1 Mi"}) {
    EXPECT_EQ(parse_bytes(text), std::nullopt) << text;
  }
}

TEST(ParseInteger, RefusesWhatIsNoInteger) {
  EXPECT_EQ(parse_integer("-5"), -5);
  EXPECT_EQ(parse_integer("1.0"), std::nullopt);
  EXPECT_EQ(parse_integer("1e3"), std::nullopt);
  EXPECT_EQ(parse_integer("9223372036854775808"), std::nullopt);
}

TEST(EditDistance, CountsSwapsOnce) {
  EXPECT_EQ(edit_distance("matchRules", "matchRuels"), 1U);
  EXPECT_EQ(edit_distance("url", "URL"), 0U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
}

TEST(Nearest, SuggestsOnlyWhatIsClose) {
  const std::vector<std::string> known{"defaultConfig", "matchRules", "url"};
  EXPECT_EQ(nearest("defaultconf", known), "defaultConfig");
  EXPECT_EQ(nearest("matchRule", known), "matchRules");
  EXPECT_EQ(nearest("selector", known), "");
  EXPECT_EQ(nearest("x", known), "");
}

}  // namespace
}  // namespace wasmgate::config
