#include "base64.h"

#include <gtest/gtest.h>

namespace {

TEST(Base64, FollowsTheVectorsOfRfc4648) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, text] : vectors) {
    EXPECT_EQ(Base64::encode(plain), text);
    EXPECT_EQ(Base64::decode(text), plain);
  }
}

TEST(Base64, DecodesWithoutPadding) {
  EXPECT_EQ(Base64::decodeWithoutPadding("Zm8"), "fo");
  EXPECT_EQ(Base64::decodeWithoutPadding("Zm8="), "fo");
}

TEST(Base64, RefusesMalformedText) {
  for (const char* text : {"Z", "Zg=", "Zg===", "Z=g=", "Zm9v=", "Zm 9", "Zh==", "Zm9_"}) {
    EXPECT_FALSE(Base64::decode(text)) << text;
  }
}

TEST(Base64, UrlAlphabetHasNoPadding) {
  EXPECT_EQ(Base64::encodeUrl("\xfb\xff"), "-_8");
  EXPECT_EQ(Base64::decodeUrl("-_8"), "\xfb\xff");
  EXPECT_FALSE(Base64::decodeUrl("-_8="));
  EXPECT_FALSE(Base64::decodeUrl("+/8"));
}

}  // namespace
