#include "json_splice.h"

#include <gtest/gtest.h>

namespace wasmgate::sdk {
namespace {

std::string set(std::string_view text, std::string_view value) {
  const auto splice = JsonSplice::parse(text, "model");
  return splice ? splice->with_string(value) : "not an object";
}

TEST(JsonSplice, ChangesTheValueAndNothingElse) {
  EXPECT_EQ(set(R"( { "z" : 1.50 , "model":"a" , "a":[1,{"model":"x"}] } )", "b"),
            R"( { "z" : 1.50 , "model":"b" , "a":[1,{"model":"x"}] } )");
  EXPECT_EQ(set(R"({"model":null})", "b"), R"({"model":"b"})");
  EXPECT_EQ(set(R"({"model":{"a":"}"},"b":"\"}"})", "b"), R"({"model":"b","b":"\"}"})");
  EXPECT_EQ(set(R"({"a":-1e5,"model":true})", "b"), R"({"a":-1e5,"model":"b"})");
}

TEST(JsonSplice, AppendsAMissingKey) {
  EXPECT_EQ(set("{}", "b"), R"({"model":"b"})");
  EXPECT_EQ(set(R"({"a":1 })", "b"), R"({"a":1 ,"model":"b"})");
}

TEST(JsonSplice, EscapesTheNewValue) {
  EXPECT_EQ(set(R"({"model":"a"})", "q\"\\\n"), R"({"model":"q\"\\\n"})");
}

TEST(JsonSplice, KnowsEscapedKeysAndRepeatedOnes) {
  const std::string_view text = R"({"mod\u0065l":"a","model":"b"})";
  const auto splice = JsonSplice::parse(text, "model");
  ASSERT_TRUE(splice);
  EXPECT_EQ(splice->count(), 2U);
  EXPECT_EQ(splice->string_value(), "b");
  EXPECT_EQ(splice->with_string("c"), R"({"mod\u0065l":"c","model":"c"})");
}

TEST(JsonSplice, TellsStringsFromOtherValues) {
  EXPECT_EQ(JsonSplice::parse(R"({"model":"\u0041"})", "model")->string_value(), "A");
  EXPECT_FALSE(JsonSplice::parse(R"({"model":1})", "model")->string_value());
  EXPECT_FALSE(JsonSplice::parse(R"({"model":1,"model":"a"})", "model")->string_value());
  EXPECT_FALSE(JsonSplice::parse("{}", "model")->string_value());
}

TEST(JsonSplice, RefusesWhatIsNoObject) {
  for (const char* text : {"", "[]", "\"x\"", "{", "{\"a\":}", "{} x", "{\"a\" \"b\"}", "null"}) {
    EXPECT_FALSE(JsonSplice::parse(text, "model")) << text;
  }
}

TEST(JsonSplice, SurvivesDeepNesting) {
  const std::string deep =
      R"({"a":)" + std::string(100000, '[') + std::string(100000, ']') + R"(,"model":"x"})";
  EXPECT_EQ(JsonSplice::parse(deep, "model")->string_value(), "x");
  EXPECT_FALSE(JsonSplice::parse(std::string(100000, '['), "model"));
}

}  // namespace
}  // namespace wasmgate::sdk
