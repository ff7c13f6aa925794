#include "config/read/base64.h"

#include <gtest/gtest.h>

namespace wasmgate::config {
namespace {

TEST(DecodeBase64, ReadsTheVectorsOfTheRfc) {
  EXPECT_EQ(decode_base64(""), "");
  EXPECT_EQ(decode_base64("Zg=="), "f");
  EXPECT_EQ(decode_base64("Zm8="), "fo");
  EXPECT_EQ(decode_base64("Zm9v"), "foo");
  EXPECT_EQ(decode_base64("Zm9v\nYmE=\n"), "fooba");
  EXPECT_EQ(decode_base64("//79"), "\xff\xfe\xfd");
}

TEST(DecodeBase64, RefusesOtherText) {
  for (const char* text : {"Z", "Zg", "Zg=", "Zg===", "Zm9v=", "Zg==Zg==", "Zm-_", "=", "Zm9v*"}) {
    EXPECT_EQ(decode_base64(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace wasmgate::config
