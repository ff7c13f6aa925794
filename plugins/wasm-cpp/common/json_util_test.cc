#include "json_util.h"

#include <gtest/gtest.h>

namespace Wasm::Common {
namespace {

JsonObject parse(const char* text) { return JsonObject::parse(text, nullptr, false); }

TEST(JsonParse, TakesObjectsOnly) {
  EXPECT_TRUE(JsonParse(R"({"a":1})"));
  for (const char* text : {"[]", "1", "\"x\"", "null", "", "{", "{} x", "{'a':1}"}) {
    EXPECT_FALSE(JsonParse(text)) << text;
  }
}

TEST(JsonValueAs, StringTakesUnsignedNumbers) {
  EXPECT_EQ(JsonValueAs<std::string>(parse("\"x\"")).first, "x");
  EXPECT_EQ(JsonValueAs<std::string>(parse("12")).first, "12");
  EXPECT_EQ(JsonValueAs<std::string>(parse("-1")).second, TYPE_ERROR);
  EXPECT_EQ(JsonValueAs<std::string>(parse("true")).second, TYPE_ERROR);
  EXPECT_EQ(JsonValueAs<std::string_view>(parse("12")).second, TYPE_ERROR);
}

TEST(JsonValueAs, IntegersTakeNumbersAndText) {
  EXPECT_EQ(JsonValueAs<int64_t>(parse("-5")).first, -5);
  EXPECT_EQ(JsonValueAs<int64_t>(parse("\"-5\"")).first, -5);
  EXPECT_EQ(JsonValueAs<int64_t>(parse("9223372036854775808")).second, OUT_OF_RANGE);
  EXPECT_EQ(JsonValueAs<int64_t>(parse("\"5x\"")).second, INVALID_VALUE);
  EXPECT_EQ(JsonValueAs<int64_t>(parse("\"99999999999999999999\"")).second, OUT_OF_RANGE);
  EXPECT_EQ(JsonValueAs<int64_t>(parse("1.5")).second, TYPE_ERROR);
  EXPECT_EQ(JsonValueAs<uint64_t>(parse("-5")).second, OUT_OF_RANGE);
  EXPECT_EQ(JsonValueAs<uint64_t>(parse("18446744073709551615")).first, UINT64_MAX);
}

TEST(JsonValueAs, BoolTakesText) {
  EXPECT_EQ(JsonValueAs<bool>(parse("\"false\"")).first, false);
  EXPECT_EQ(JsonValueAs<bool>(parse("true")).first, true);
  EXPECT_EQ(JsonValueAs<bool>(parse("\"yes\"")).second, INVALID_VALUE);
  EXPECT_EQ(JsonValueAs<bool>(parse("1")).second, TYPE_ERROR);
}

TEST(JsonValueAs, ListOfTextsNeedsTextsOnly) {
  const JsonObject list = parse(R"(["a","b"])");
  EXPECT_EQ(JsonValueAs<std::vector<std::string_view>>(list).first,
            (std::vector<std::string_view>{"a", "b"}));
  EXPECT_FALSE(JsonValueAs<std::vector<std::string_view>>(parse("[1]")).first);
  EXPECT_FALSE(JsonValueAs<std::vector<std::string_view>>(parse("\"a\"")).first);
}

TEST(JsonGetField, TellsAbsentFromWrong) {
  const JsonObject object = parse(R"({"n":5,"s":"x"})");
  EXPECT_EQ(JsonGetField<int64_t>(object, "n").value(), 5);
  EXPECT_EQ(JsonGetField<int64_t>(object, "m").detail(), OUT_OF_RANGE);
  EXPECT_EQ(JsonGetField<int64_t>(object, "s").detail(), INVALID_VALUE);
  EXPECT_EQ(JsonGetField<int64_t>(object, "m").value_or(9), 9);
}

TEST(JsonIterate, AbsentIsFineAndAWrongTypeIsNot) {
  const JsonObject object = parse(R"({"list":[1,2],"map":{"a":1},"n":1})");
  int sum = 0;
  const auto add = [&](const JsonObject& element) {
    sum += element.get<int>();
    return true;
  };
  EXPECT_TRUE(JsonArrayIterate(object, "list", add));
  EXPECT_EQ(sum, 3);
  EXPECT_TRUE(JsonArrayIterate(object, "absent", add));
  EXPECT_FALSE(JsonArrayIterate(object, "n", add));
  EXPECT_FALSE(JsonArrayIterate(object, "list", [](const auto&) { return false; }));
  std::string keys;
  EXPECT_TRUE(JsonObjectIterate(object, "map", [&](std::string key) {
    keys += key;
    return true;
  }));
  EXPECT_EQ(keys, "a");
  EXPECT_FALSE(JsonObjectIterate(object, "list", [](std::string) { return true; }));
}

}  // namespace
}  // namespace Wasm::Common
