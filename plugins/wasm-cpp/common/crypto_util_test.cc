#include "crypto_util.h"

#include <gtest/gtest.h>

namespace Wasm::Common::Crypto {
namespace {

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    char pair[3];
    std::snprintf(pair, sizeof(pair), "%02x", static_cast<unsigned char>(c));
    text += pair;
  }
  return text;
}

TEST(Hash, KnowsTheUsualVectors) {
  EXPECT_EQ(hex(getMD5("abc")), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(hex(getHash("SHA1", "abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(hex(getHash("sha256", "abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(getMD5Base64(""), "1B2M2Y8AsgTpgAmY7PhCfg==");
  EXPECT_EQ(getHash("md17", "abc"), "");
}

TEST(Hmac, FollowsRfc4231AndRfc2202) {
  const std::string key = "Jefe";
  const std::string text = "what do ya want for nothing?";
  EXPECT_EQ(hex(getShaHmac("sha1", key, text)), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  EXPECT_EQ(hex(getShaHmac("sha224", key, text)),
            "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44");
  EXPECT_EQ(hex(getShaHmac("sha256", key, text)),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(getShaHmac("sha384", key, text).size(), 48U);
  EXPECT_EQ(getShaHmac("sha512", key, text).size(), 64U);
  EXPECT_EQ(getShaHmacBase64("sha1", key, text), "7/zfauXrL6LSdBbV8YTfnCWafHk=");
}

TEST(ConstantTimeEquals, ComparesWholeTexts) {
  EXPECT_TRUE(constantTimeEquals("abc", "abc"));
  EXPECT_FALSE(constantTimeEquals("abc", "abd"));
  EXPECT_FALSE(constantTimeEquals("abc", "ab"));
  EXPECT_TRUE(constantTimeEquals("", ""));
}

TEST(PasswordHash, VerifiesEveryScheme) {
  const std::pair<const char*, const char*> hashes[] = {
      // openssl passwd -apr1 -salt r31..... myPassword; htpasswd's own documentation.
      {"myPassword", "$apr1$r31.....$HqJZimcKQFAMYayBlzkrA/"},
      {"myPassword", "{SHA}VBPuJHI7uixaa6LQGWx4s+5GKNE="},
      {"U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"},
      {"U*U", "$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"},
      {"myPassword", "{PLAIN}myPassword"},
      {"pw", "$1$abcdefgh$IQtUouv7y7Q9dRWkQEPCc."},
      {"pw",
       "$6$saltstring$.vnWcCATS7HX9wLGcWGmRWMy3QtkFQmcbgZ0JzwapmXyqGJ2Gt5UXnLK..eJGzeBsKnKBZB"
       "8CvweVE1t5sq6n."},
      {"pw", "abzlUXK5ed5rs"},
      {"secret", "{SSHA}gVK8WC9YyFT1gMsQHTGCgT3sSv5zYWx0"},
  };
  for (const auto& [password, hash] : hashes) {
    EXPECT_TRUE(verifyPassword(password, hash)) << hash;
    EXPECT_FALSE(verifyPassword(std::string(password) + "x", hash)) << hash;
  }
}

TEST(PasswordHash, RefusesMalformedHashes) {
  for (const char* hash : {"", "$apr1$nosalt", "{SSHA}!!", "{SSHA}YQ==", "*", "$2a$99$x"}) {
    EXPECT_FALSE(verifyPassword("pw", hash)) << hash;
  }
}

TEST(PasswordHash, ZeroByteDoesNotCutThePassword) {
  EXPECT_FALSE(verifyPassword(std::string_view("pw\0x", 4), "abzlUXK5ed5rs"));
}

}  // namespace
}  // namespace Wasm::Common::Crypto
