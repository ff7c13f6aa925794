// Runs the case files of this folder (README.md says what each holds) against the oci room.

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "oci/address_class.h"
#include "oci/auth_challenge.h"
#include "oci/base64.h"
#include "oci/docker_config.h"
#include "oci/json.h"
#include "oci/layer_reader.h"
#include "oci/manifest.h"
#include "oci/plugin_layers.h"
#include "oci/reference.h"

namespace wasmgate::oci {
namespace {

Json cases_of(const std::string& name) {
  std::ifstream file(std::string(OCI_CASES) + "/" + name);
  std::stringstream text;
  text << file.rdbuf();
  auto cases = parse_json(text.str());
  EXPECT_TRUE(cases && cases->is_array() && !cases->empty()) << name << " has no cases";
  return cases.value_or(Json::array());
}

std::string text_of(const Json& c, const char* key) { return string_member(c, key).value_or(""); }

// True when the case expects this outcome's error; reports a difference.
template <class T>
bool fails_as_expected(const Json& c, const Result<T>& result) {
  const std::string expected = text_of(c, "error");
  if (expected.empty()) {
    EXPECT_TRUE(result.has_value()) << (result ? "" : result.error().detail);
    return !result.has_value();
  }
  EXPECT_FALSE(result.has_value()) << "accepted";
  if (!result) {
    EXPECT_EQ(to_string(result.error().code), expected) << result.error().detail;
    EXPECT_NE(result.error().detail.find(text_of(c, "says")), std::string::npos)
        << result.error().detail;
  }
  return true;
}

TEST(OciConformance, References) {
  for (const Json& c : cases_of("references.json")) {
    SCOPED_TRACE(text_of(c, "text"));
    const auto reference = parse_reference(text_of(c, "text"));
    if (fails_as_expected(c, reference)) {
      continue;
    }
    EXPECT_EQ(reference->host, text_of(c, "host"));
    EXPECT_EQ(reference->repository, text_of(c, "repository"));
    EXPECT_EQ(reference->target(), text_of(c, "target"));
    EXPECT_EQ(reference->moves(), c.at("moves").get<bool>());
    EXPECT_EQ(parse_reference(reference->to_string()).value_or(Reference{}), *reference);
  }
}

TEST(OciConformance, Challenges) {
  for (const Json& c : cases_of("challenges.json")) {
    SCOPED_TRACE(text_of(c, "name"));
    const auto chosen = choose_challenge(c.at("lines").get<std::vector<std::string>>());
    EXPECT_EQ(chosen ? chosen->scheme : "", text_of(c, "scheme"));
    if (chosen) {
      EXPECT_EQ(Json(chosen->parameters), c.value("parameters", Json::object()));
    }
  }
}

TEST(OciConformance, Realms) {
  for (const Json& c : cases_of("realms.json")) {
    SCOPED_TRACE(text_of(c, "registry") + " → " + text_of(c, "realm"));
    const auto registry = parse_url(text_of(c, "registry"));
    const auto realm = parse_url(text_of(c, "realm"));
    ASSERT_TRUE(registry && realm);
    const auto trusted = c.value("trusted", std::vector<std::string>());
    fails_as_expected(c, check_realm(*realm, *registry, c.value("credentials", false), trusted));
  }
}

TEST(OciConformance, Manifests) {
  for (const Json& c : cases_of("manifests.json")) {
    SCOPED_TRACE(text_of(c, "name"));
    const std::string text = c.contains("text") ? text_of(c, "text") : to_text(c.at("document"));
    const auto document = read_document(text, text_of(c, "type"));
    if (document && std::holds_alternative<Index>(*document)) {
      const auto chosen = choose_manifest(std::get<Index>(*document));
      if (!fails_as_expected(c, chosen)) {
        EXPECT_EQ(chosen->digest.hex.substr(0, 2), text_of(c, "chosen"));
      }
      continue;
    }
    if (!document) {
      fails_as_expected(c, document);
      continue;
    }
    const auto layers = choose_layers(std::get<Manifest>(*document));
    if (fails_as_expected(c, layers)) {
      continue;
    }
    EXPECT_EQ(layers->module != nullptr ? layers->module->digest.hex.substr(0, 2) : "",
              text_of(c, "module"));
    std::string tars;
    for (const Descriptor* tar : layers->tars) {
      tars += (tars.empty() ? "" : " ") + tar->digest.hex.substr(0, 2);
    }
    EXPECT_EQ(tars, text_of(c, "tars"));
    EXPECT_EQ(layers->spec != nullptr ? layers->spec->digest.hex.substr(0, 2) : "",
              text_of(c, "spec"));
  }
}

TEST(OciConformance, Credentials) {
  for (const Json& c : cases_of("credentials.json")) {
    SCOPED_TRACE(text_of(c, "name"));
    const auto config =
        DockerConfig::parse(c.contains("text") ? text_of(c, "text") : to_text(c.at("file")));
    if (!config) {
      fails_as_expected(c, config);
      continue;
    }
    const auto found = config->find(text_of(c, "host"), text_of(c, "repository"));
    if (fails_as_expected(c, found)) {
      continue;
    }
    EXPECT_EQ(*found ? (*found)->username : "", text_of(c, "username"));
    EXPECT_EQ(*found ? (*found)->password : "", text_of(c, "password"));
    EXPECT_EQ(*found ? (*found)->identity_token : "", text_of(c, "identity_token"));
    EXPECT_EQ(config->helper_for(text_of(c, "host")).value_or(""), text_of(c, "helper"));
  }
}

TEST(OciConformance, Layers) {
  for (const Json& c : cases_of("layers.json")) {
    SCOPED_TRACE(text_of(c, "name"));
    const auto bytes = base64_decode(text_of(c, "layer"));
    ASSERT_TRUE(bytes.has_value());
    const auto files = read_layer(*bytes, LayerLimits{});
    if (fails_as_expected(c, files)) {
      continue;
    }
    EXPECT_EQ(files->module.has_value(), c.at("has_module").get<bool>());
    EXPECT_EQ(base64_encode(files->module.value_or("")), text_of(c, "module"));
    EXPECT_EQ(files->spec, text_of(c, "spec"));
  }
}

}  // namespace
}  // namespace wasmgate::oci
