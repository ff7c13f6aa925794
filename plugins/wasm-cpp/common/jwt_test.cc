#include "jwt.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base64.h"

namespace wasmgate::sdk {
namespace {

using Json = nlohmann::json;

constexpr int64_t kNow = 1'700'000'000;

const Json& vectors() {
  static const Json all = [] {
    std::ifstream file(WASMGATE_CASES_DIR "/../wasm-cpp/common/testing/jwt_vectors.json");
    return Json::parse(file, nullptr, false);
  }();
  return all;
}

Jwks all_keys() {
  Jwks keys;
  EXPECT_EQ(keys.parse(vectors()["jwks"].dump()), "");
  return keys;
}

JwtStatus verify(const Jwks& keys, const std::string& token) {
  Jwt jwt;
  const JwtStatus parsed = Jwt::parse(token, jwt);
  return parsed == JwtStatus::Ok ? keys.verify(jwt) : parsed;
}

TEST(Jwt, EveryAlgorithmVerifies) {
  const Jwks keys = all_keys();
  ASSERT_EQ(vectors()["tokens"].size(), 13U);
  for (const auto& [algorithm, token] : vectors()["tokens"].items()) {
    EXPECT_EQ(verify(keys, token), JwtStatus::Ok) << algorithm;
    EXPECT_EQ(verify(keys, token), JwtStatus::Ok) << algorithm << " again";
  }
}

TEST(Jwt, AChangedPayloadOrSignatureFails) {
  const Jwks keys = all_keys();
  for (const auto& [algorithm, value] : vectors()["tokens"].items()) {
    const std::string token = value;
    const size_t payload = token.find('.') + 1;
    const size_t signature = token.rfind('.') + 1;
    const Json changed = Json::parse(
        *Base64::decodeUrl(std::string_view(token).substr(payload, signature - 1 - payload)));
    Json other = changed;
    other["sub"] = "boss";
    EXPECT_EQ(verify(keys, token.substr(0, payload) + Base64::encodeUrl(other.dump()) +
                               token.substr(signature - 1)),
              JwtStatus::VerificationFails)
        << algorithm;
    std::string bytes = *Base64::decodeUrl(std::string_view(token).substr(signature));
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    EXPECT_EQ(verify(keys, token.substr(0, signature) + Base64::encodeUrl(bytes)),
              JwtStatus::VerificationFails)
        << algorithm;
    EXPECT_EQ(verify(keys, token.substr(0, signature)), JwtStatus::VerificationFails) << algorithm;
  }
}

TEST(Jwt, APublicKeyIsNoSharedSecret) {
  EXPECT_EQ(verify(all_keys(), vectors()["others"]["confused"]), JwtStatus::NoMatchingKey);
}

TEST(Jwt, KeyIdMustFit) {
  EXPECT_EQ(verify(all_keys(), vectors()["others"]["unknown_key"]), JwtStatus::NoMatchingKey);
}

TEST(Jwt, TellsWhatIsMalformed) {
  const auto part = [](const char* text) { return Base64::encodeUrl(text); };
  const std::string good = part(R"({"alg":"RS256"})");
  const std::string body = part("{}");
  const std::pair<std::string, JwtStatus> wrong[] = {
      {"", JwtStatus::BadFormat},
      {"a.b", JwtStatus::BadFormat},
      {"a.b.c.d", JwtStatus::BadFormat},
      {"!." + body + ".c", JwtStatus::HeaderBadEncoding},
      {part("[]") + "." + body + ".c", JwtStatus::HeaderBadJson},
      {part("{}") + "." + body + ".c", JwtStatus::HeaderBadAlgorithm},
      {part(R"({"alg":1})") + "." + body + ".c", JwtStatus::HeaderBadAlgorithm},
      {part(R"({"alg":"none"})") + "." + body + ".", JwtStatus::HeaderUnknownAlgorithm},
      {part(R"({"alg":"RS256","kid":1})") + "." + body + ".YQ", JwtStatus::HeaderBadKeyId},
      {part(R"({"alg":"RS256","crit":["x"]})") + "." + body + ".YQ", JwtStatus::HeaderCritical},
      {good + ".!.YQ", JwtStatus::PayloadBadEncoding},
      {good + "." + part("x") + ".YQ", JwtStatus::PayloadBadJson},
      {good + "." + part(R"({"exp":"1"})") + ".YQ", JwtStatus::PayloadBadTime},
      {good + "." + body + ".!", JwtStatus::SignatureBadEncoding},
  };
  for (const auto& [token, status] : wrong) {
    Jwt jwt;
    EXPECT_EQ(Jwt::parse(token, jwt), status) << token;
  }
}

TEST(Jwt, TimeIsCheckedWithSkew) {
  const auto status = [](const char* name, int64_t skew, int64_t now = kNow) {
    Jwt jwt;
    EXPECT_EQ(Jwt::parse(vectors()["others"][name].get<std::string>(), jwt), JwtStatus::Ok);
    return jwt.check_time(now, skew);
  };
  EXPECT_EQ(status("other_issuer", 0), JwtStatus::Ok);
  EXPECT_EQ(status("expired", 60), JwtStatus::Expired);
  EXPECT_EQ(status("expired", 60, 1600000061), JwtStatus::Ok);
  EXPECT_EQ(status("expired", 60, 1600000062), JwtStatus::Expired);
  EXPECT_EQ(status("not_yet", 60), JwtStatus::NotYetValid);
  EXPECT_EQ(status("not_yet", 60, 1999999939), JwtStatus::Ok);
}

TEST(Jwt, SignsAndVerifiesHs256) {
  const std::string token = sign_hs256({{"alg", "HS256"}}, {{"sub", "x"}}, "secret");
  Jwt jwt;
  ASSERT_EQ(Jwt::parse(token, jwt), JwtStatus::Ok);
  EXPECT_EQ(jwt.claim("sub"), "x");
  EXPECT_EQ(jwt.claim("absent"), "");
  EXPECT_TRUE(verify_hs256(jwt, "secret"));
  EXPECT_FALSE(verify_hs256(jwt, "other"));
}

TEST(Jwks, RefusesMalformedKeys) {
  const std::pair<const char*, const char*> wrong[] = {
      {"x", "is not a JSON object"},
      {R"({"keys":1})", "keys: expected a list"},
      {R"({"keys":[1]})", "keys[0].expected an object"},
      {R"({"keys":[]})", "has no key of a known type"},
      {R"({"keys":[{"kty":"new"}]})", "has no key of a known type"},
      {R"({"keys":[{}]})", "keys[0].kty: is required"},
      {R"({"keys":[{"kty":"oct"}]})", "keys[0].k: is required"},
      {R"({"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]})", "not an RSA key"},
      {R"({"keys":[{"kty":"RSA","n":"AQAB"}]})", "keys[0].e: is required"},
      {R"({"keys":[{"kty":"EC","crv":"P-256","x":"AQ","y":"AQ"}]})", "not a point of P-256"},
      {R"({"keys":[{"kty":"OKP","crv":"Ed25519","x":"AQ"}]})", "an Ed25519 key has 32 bytes"},
  };
  for (const auto& [json, error] : wrong) {
    Jwks keys;
    EXPECT_NE(keys.parse(json).find(error), std::string::npos) << json << ": " << keys.parse(json);
  }
}

TEST(Jwks, TakesASingleKey) {
  Jwks keys;
  EXPECT_EQ(keys.parse(vectors()["jwks"]["keys"][0].dump()), "");
}

}  // namespace
}  // namespace wasmgate::sdk
