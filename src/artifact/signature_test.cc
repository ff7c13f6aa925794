#include "artifact/signature.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "artifact/fake_keys.h"

namespace wasmgate::artifact {
namespace {

class EveryKind : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Signature, EveryKind,
                         testing::Values("ecdsa-p256", "ecdsa-p384", "rsa", "ed25519"));

TEST_P(EveryKind, VerifiesWhatItSigned) {
  const KeyPair pair = make_key_pair(GetParam());
  const auto key = PrivateKey::parse(pair.private_pem);
  ASSERT_TRUE(key.has_value()) << key.error().detail;
  const auto keys = PublicKey::parse_all(pair.public_pem);
  ASSERT_TRUE(keys.has_value()) << keys.error().detail;
  const auto signature = key->sign("payload");
  EXPECT_EQ(keys->front().kind(), GetParam());
  EXPECT_TRUE(keys->front().verify("payload", *signature));
  EXPECT_FALSE(keys->front().verify("payload.", *signature));
  EXPECT_EQ(keys->front().fingerprint(), key->public_key().fingerprint());
}

TEST_P(EveryKind, RefusesEveryChangedByteOfASignature) {
  const KeyPair pair = make_key_pair(GetParam());
  const auto signature = *PrivateKey::parse(pair.private_pem)->sign("payload");
  const PublicKey key = PublicKey::parse_all(pair.public_pem)->front();
  for (size_t i = 0; i < signature.size(); ++i) {
    std::string changed = signature;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(key.verify("payload", changed)) << i;
  }
  EXPECT_FALSE(key.verify("payload", signature + '\0'));
  EXPECT_FALSE(key.verify("payload", signature.substr(0, signature.size() - 1)));
  EXPECT_FALSE(key.verify("payload", ""));
}

TEST_P(EveryKind, RefusesAnotherKeysSignature) {
  const auto signature = *PrivateKey::parse(make_key_pair(GetParam()).private_pem)->sign("payload");
  EXPECT_FALSE(PublicKey::parse_all(make_key_pair(GetParam()).public_pem)
                   ->front()
                   .verify("payload", signature));
}

TEST(Signature, RefusesTheLongFormOfTheSameNumbers) {
  const KeyPair pair = make_key_pair("ecdsa-p256");
  const std::string good = *PrivateKey::parse(pair.private_pem)->sign("payload");
  std::string longer = good;  // SEQUENCE with its length in two bytes: BER, not DER
  longer.insert(1, "\x81");
  EXPECT_FALSE(PublicKey::parse_all(pair.public_pem)->front().verify("payload", longer));
}

TEST(PublicKey, TakesSeveral) {
  const auto keys = PublicKey::parse_all(make_key_pair("ed25519").public_pem + "\n# next\n" +
                                         make_key_pair("rsa").public_pem);
  ASSERT_TRUE(keys.has_value());
  EXPECT_EQ(keys->size(), 2U);
}

TEST(PublicKey, RefusesOtherText) {
  EXPECT_EQ(PublicKey::parse_all("").error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(PublicKey::parse_all(make_key_pair("ed25519").private_pem).error().code,
            ErrorCode::InvalidArgument);
  EXPECT_EQ(PublicKey::parse_all("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")
                .error()
                .code,
            ErrorCode::InvalidArgument);
  EXPECT_EQ(PublicKey::parse_all("-----BEGIN PUBLIC KEY-----\nAAAA\n").error().code,
            ErrorCode::InvalidArgument);
}

TEST(PublicKey, RefusesWeakOrOtherKinds) {
  EXPECT_EQ(PublicKey::parse_all(make_key_pair("rsa-1024").public_pem).error().code,
            ErrorCode::Unsupported);
  EXPECT_EQ(PublicKey::parse_all(make_key_pair("ecdsa-secp256k1").public_pem).error().code,
            ErrorCode::Unsupported);
}

TEST(PrivateKey, SaysWhatToDoWithAnEncryptedKey) {
  const auto key = PrivateKey::parse(
      "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n");
  EXPECT_EQ(key.error().code, ErrorCode::Unsupported);
  EXPECT_NE(key.error().detail.find("openssl pkey"), std::string::npos);
}

}  // namespace
}  // namespace wasmgate::artifact
