#include "oci/registry_messages.h"

#include <gtest/gtest.h>

#include "oci/address_class.h"
#include "oci/auth_challenge.h"
#include "oci/base64.h"
#include "oci/cosign.h"
#include "oci/docker_config.h"
#include "oci/json.h"

namespace wasmgate::oci {
namespace {

const Digest kDigest{std::string(64, 'a')};

Challenge bearer(std::map<std::string, std::string> parameters) {
  return {"bearer", std::move(parameters)};
}

TEST(RegistryPaths, FollowTheSpecification) {
  const Reference reference = *parse_reference("h/team/a:1");
  EXPECT_EQ(manifest_path(reference), "/v2/team/a/manifests/1");
  EXPECT_EQ(manifest_path(reference.at(kDigest)), "/v2/team/a/manifests/" + kDigest.to_string());
  EXPECT_EQ(blob_path(reference, kDigest), "/v2/team/a/blobs/" + kDigest.to_string());
  EXPECT_EQ(mount_path(reference, kDigest, "b/c"),
            "/v2/team/a/blobs/uploads/?mount=sha256%3A" + kDigest.hex + "&from=b%2Fc");
  EXPECT_EQ(scope_of(reference, Access::Push), "repository:team/a:pull,push");
}

TEST(RegistryPaths, AddTheDigestToAnyUploadLocation) {
  EXPECT_EQ(upload_target(*parse_url("https://h/u?_state=x"), kDigest),
            "/u?_state=x&digest=sha256%3A" + kDigest.hex);
  EXPECT_EQ(upload_target(*parse_url("https://h/u"), kDigest), "/u?digest=sha256%3A" + kDigest.hex);
}

TEST(StatusError, SaysTheRegistrysWordsOnOneLine) {
  const Error error = status_error(
      404, R"({"errors":[{"code":"MANIFEST_UNKNOWN","message":"not\nhere"}]})", "h/a:1");
  EXPECT_EQ(error.code, ErrorCode::NotFound);
  EXPECT_EQ(error.detail, "h/a:1: the registry answered 404 (MANIFEST_UNKNOWN not\\x0ahere)");
}

TEST(StatusError, TellsWhatIsWorthRetrying) {
  for (const int status : {408, 429, 500, 502, 503, 504}) {
    EXPECT_TRUE(status_error(status, "", "x").retryable) << status;
  }
  for (const int status : {400, 401, 403, 404, 405, 416}) {
    EXPECT_FALSE(status_error(status, "", "x").retryable) << status;
  }
}

TEST(TokenRequest, AsksByGetWithUserAndPassword) {
  const auto request =
      make_token_request(bearer({{"realm", "https://a.example/t?x=1"}, {"service", "s p"}}),
                         "repository:a:pull", {"u", "p", ""});
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->url.target, "/t?x=1&service=s%20p&scope=repository%3Aa%3Apull");
  EXPECT_EQ(request->authorization, "Basic dTpw");
}

TEST(TokenRequest, SendsNoCredentialsWhenThereAreNone) {
  EXPECT_EQ(make_token_request(bearer({{"realm", "https://a.example/t"}}), "x", {})->authorization,
            "");
}

TEST(TokenRequest, PostsAnIdentityToken) {
  const auto request = make_token_request(
      bearer({{"realm", "https://a.example/t"}, {"service", "s"}}), "x:y", {"", "", "t/k"});
  EXPECT_EQ(request->method, "POST");
  EXPECT_EQ(
      request->form,
      "grant_type=refresh_token&client_id=wasmgate&service=s&scope=x%3Ay&refresh_token=t%2Fk");
}

TEST(TokenRequest, NeedsARealm) {
  EXPECT_EQ(make_token_request(bearer({}), "x", {}).error().code, ErrorCode::Protocol);
}

TEST(TokenResponse, TakesBothNames) {
  EXPECT_EQ(read_token_response(R"({"token":"a"})")->value, "a");
  EXPECT_EQ(read_token_response(R"({"access_token":"b","expires_in":300})")->lifetime,
            std::chrono::seconds(300));
}

TEST(TokenResponse, RefusesWhatCannotStandInAHeader) {
  for (const char* body :
       {"", "{}", R"({"token":1})", R"({"token":"a\r\nb"})", R"({"token":"a b"})"}) {
    EXPECT_EQ(read_token_response(body).error().code, ErrorCode::Protocol) << body;
  }
}

TEST(Url, ResolvesLocations) {
  const Url base = *parse_url("https://h:8443/v2/x");
  EXPECT_EQ(resolve_location(base, "/a?b")->to_string(), "https://h:8443/a?b");
  EXPECT_EQ(resolve_location(base, "//other/a")->to_string(), "https://other/a");
  EXPECT_EQ(resolve_location(base, "http://other:80/a")->to_string(), "http://other/a");
  EXPECT_FALSE(resolve_location(base, "a/b").has_value());
  EXPECT_FALSE(resolve_location(base, "file:///etc/passwd").has_value());
}

TEST(Url, RefusesWhatMayMislead) {
  for (const char* text :
       {"https://", "https://user:pw@h/", "https://h/\r\nX: y", "https://h/ a", "https://h/#x",
        "https://h:99999/", "ftp://h/", "https:\\\\h/", "https://h\\@evil/"}) {
    EXPECT_FALSE(parse_url(text).has_value()) << text;
  }
}

TEST(AddressClass, IsTakenFromTheAddressNotItsSpelling) {
  EXPECT_EQ(classify_address("8.8.8.8"), AddressClass::Public);
  EXPECT_EQ(classify_address("2606:4700::1111"), AddressClass::Public);
  EXPECT_EQ(classify_address("127.0.0.53"), AddressClass::Loopback);
  EXPECT_EQ(classify_address("::ffff:10.0.0.1"), AddressClass::Private);
  EXPECT_EQ(classify_address("fd00:ec2::254"), AddressClass::LinkLocal);
  EXPECT_EQ(classify_address("0x7f.1"), AddressClass::NotAnAddress);
  EXPECT_EQ(classify_host("a.localhost."), AddressClass::Loopback);
}

TEST(Base64, HasOneSpellingPerValue) {
  EXPECT_EQ(base64_encode("a"), "YQ==");
  EXPECT_EQ(base64_decode("YQ=="), "a");
  for (const char* text : {"YR==", "YQ=", "YQ", "YQ==\n", "Y Q=", "YQ-_"}) {
    EXPECT_FALSE(base64_decode(text).has_value()) << text;
  }
}

TEST(Json, WritesSortedAndCompact) {
  EXPECT_EQ(to_text(*parse_json(R"({ "b" : 1, "a" : [ ] })")), R"({"a":[],"b":1})");
}

TEST(Json, NeverThrowsOnBadUtf8) {
  EXPECT_FALSE(parse_json("{\"a\":\"\xFF\"}").has_value());
  EXPECT_EQ(to_text(Json("\xFF")), "\"\xEF\xBF\xBD\"");
}

TEST(DockerConfig, KeepsOtherKeysWhenItIsEdited) {
  auto config =
      *DockerConfig::parse(R"({"HttpHeaders":{"X":"y"},"auths":{"old":{"auth":"YTpi"}}})");
  config.set("docker.io", {"u", "p", ""});
  const auto again = *DockerConfig::parse(config.to_text());
  EXPECT_EQ((*again.find("docker.io"))->password, "p");
  EXPECT_EQ((*again.find("old"))->username, "a");
  EXPECT_NE(config.to_text().find("HttpHeaders"), std::string::npos);
  EXPECT_TRUE(config.erase("docker.io"));
  EXPECT_FALSE(config.erase("docker.io"));
}

TEST(CredentialHelper, TellsTokensFromPasswords) {
  EXPECT_EQ(read_helper_answer(R"({"ServerURL":"h","Username":"u","Secret":"s"})")->password, "s");
  EXPECT_EQ(read_helper_answer(R"({"Username":"<token>","Secret":"s"})")->identity_token, "s");
  EXPECT_FALSE(read_helper_answer("credentials not found").has_value());
}

TEST(Cosign, ReadsBackItsPayload) {
  const auto claim = read_payload(signing_payload(kDigest, "h/a"));
  ASSERT_TRUE(claim.has_value());
  EXPECT_EQ(claim->manifest, kDigest);
  EXPECT_EQ(claim->identity, "h/a");
}

TEST(Cosign, RefusesPayloadsOfOtherKinds) {
  EXPECT_FALSE(read_payload("{}").has_value());
  EXPECT_FALSE(read_payload(R"({"critical":{"type":"x","image":{"docker-manifest-digest":")" +
                            kDigest.to_string() + R"("}}})")
                   .has_value());
  EXPECT_FALSE(
      read_payload(R"({"critical":{"type":"cosign container image signature","image":{}}})")
          .has_value());
}

TEST(Cosign, KeepsSignaturesThroughTheManifest) {
  const Image image = make_signature_image({{"p1", "s1"}, {"p2", std::string("\0\1", 2)}});
  const auto document = read_document(image.manifest, "");
  const auto layers = signature_layers(std::get<Manifest>(*document));
  ASSERT_EQ(layers.size(), 2U);
  EXPECT_EQ(layers[0].signature, "s1");
  EXPECT_EQ(layers[1].signature, std::string("\0\1", 2));
  EXPECT_EQ(layers[0].payload.digest, digest_of("p1"));
  EXPECT_EQ(signature_tag(kDigest), "sha256-" + kDigest.hex + ".sig");
}

}  // namespace
}  // namespace wasmgate::oci
