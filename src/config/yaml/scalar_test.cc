#include "config/yaml/scalar.h"

#include <gtest/gtest.h>

namespace wasmgate::config {
namespace {

void expect_number(std::string_view written, std::string_view json) {
  const Scalar scalar = type_plain_scalar(written);
  EXPECT_EQ(scalar.kind, NodeKind::Number) << written;
  EXPECT_EQ(scalar.text, json) << written;
  EXPECT_FALSE(scalar.not_finite);
}

TEST(PlainScalar, KeepsTheDigitsOfANumber) {
  for (const char* text :
       {"0", "-0", "1.0", "1.50", "1e3", "1E+3", "-2.5e-10", "123456789012345678901234567890"}) {
    expect_number(text, text);
  }
}

TEST(PlainScalar, RewritesNumbersThatJsonCannotSay) {
  expect_number("+5", "5");
  expect_number(".5", "0.5");
  expect_number("5.", "5.0");
  expect_number("-.5", "-0.5");
  expect_number("007", "7");
  expect_number("0o17", "15");
  expect_number("0x1F", "31");
  expect_number("0xffffffffffffffffffff", "1208925819614629174706175");
}

TEST(PlainScalar, LeavesOtherTextsStrings) {
  for (const char* text : {"1_000", "0x", "0o8", "1.2.3", "e3", "1e", "-", "+", ".", "nan", "12:30",
                           "yes", "tRUE", "0b1"}) {
    EXPECT_EQ(type_plain_scalar(text).kind, NodeKind::String) << text;
  }
}

TEST(PlainScalar, KnowsNullAndBooleans) {
  EXPECT_EQ(type_plain_scalar("").kind, NodeKind::Null);
  EXPECT_EQ(type_plain_scalar("~").kind, NodeKind::Null);
  EXPECT_EQ(type_plain_scalar("NULL").kind, NodeKind::Null);
  EXPECT_EQ(type_plain_scalar("True").text, "true");
  EXPECT_EQ(type_plain_scalar("FALSE").text, "false");
}

TEST(PlainScalar, MarksNumbersThatAreNotFinite) {
  EXPECT_TRUE(type_plain_scalar("-.inf").not_finite);
  EXPECT_TRUE(type_plain_scalar(".NaN").not_finite);
}

TEST(Yaml11Boolean, KnowsTheOldWords) {
  EXPECT_EQ(yaml11_boolean("on"), true);
  EXPECT_EQ(yaml11_boolean("No"), false);
  EXPECT_EQ(yaml11_boolean("true"), std::nullopt);
}

}  // namespace
}  // namespace wasmgate::config
