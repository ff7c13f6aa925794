// Every name of the common headers that Higress's C++ plug-ins use, under their names and
// signatures. Compiled as sdk_surface.cc is.
#include "base64.h"
#include "common_util.h"
#include "crypto_util.h"
#include "http_util.h"
#include "json_util.h"
#include "nlohmann_json.hpp"
#include "proxy_wasm_intrinsics.h"
#include "regex.h"
#include "route_rule_matcher.h"

using ::nlohmann::json;
using ::Wasm::Common::JsonArrayIterate;
using ::Wasm::Common::JsonGetField;
using ::Wasm::Common::JsonObjectIterate;
using ::Wasm::Common::JsonParserResultDetail;
using ::Wasm::Common::JsonValueAs;

namespace {

struct Config {
  std::string name;
  std::unordered_set<std::string> allowed;
};

class SurfaceRoot : public RootContext, public RouteRuleMatcher<Config> {
 public:
  SurfaceRoot(uint32_t id, std::string_view root_id) : RootContext(id, root_id) {}

  bool onConfigure(size_t size) override {
    const auto bytes = getBufferBytes(WasmBufferType::PluginConfiguration, 0, size);
    const auto object = Wasm::Common::JsonParse(bytes->view());
    setEmptyGlobalConfig();
    return object.has_value() && parseRuleConfig(object.value()) && parseAuthRuleConfig(*object);
  }
  FilterHeadersStatus onHead();

 private:
  bool parsePluginConfig(const json& configuration, Config& config) override;
};

bool SurfaceRoot::parsePluginConfig(const json& configuration, Config& config) {
  const auto field = configuration.find("name");
  if (field == configuration.end()) {
    setInvalidConfig();
    return false;
  }
  const auto name = JsonValueAs<std::string>(field.value());
  if (name.second != Wasm::Common::JsonParserResultDetail::OK || !name.first) {
    return false;
  }
  config.name = name.first.value();
  (void)JsonValueAs<std::string_view>(*field).first;
  (void)JsonValueAs<int64_t>(*field).second;
  (void)JsonValueAs<uint64_t>(*field).first;
  (void)JsonValueAs<bool>(*field).first;
  (void)JsonValueAs<Wasm::Common::JsonObject>(*field).first;
  (void)JsonValueAs<std::vector<std::string_view>>(*field).first;
  const JsonParserResultDetail details[] = {
      JsonParserResultDetail::UNKNOWN, JsonParserResultDetail::OK,
      JsonParserResultDetail::OUT_OF_RANGE, JsonParserResultDetail::TYPE_ERROR,
      JsonParserResultDetail::INVALID_VALUE};
  const auto realm = JsonGetField<std::string_view>(configuration, "realm");
  if (realm.detail() == details[1]) {
    config.name += realm.value();
  }
  config.name += JsonGetField<std::string>(configuration, "suffix").value_or("");
  return JsonArrayIterate(configuration, "allow",
                          [&](const json& item) {
                            const auto text = JsonValueAs<std::string>(item);
                            return text.first && config.allowed.insert(*text.first).second;
                          }) &&
         JsonObjectIterate(configuration, "map", [](std::string key) { return !key.empty(); }) &&
         JsonObjectIterate(configuration, [](std::string key) { return !key.empty(); });
}

FilterHeadersStatus SurfaceRoot::onHead() {
  const bool checked =
      checkRule([](const Config& config) { return !config.name.empty(); }) &&
      checkRuleWithId(
          [](int rule, const Config& config) { return rule > 0 && config.name.empty(); }) &&
      checkAuthRule(
          [](const Config& config, const std::optional<std::unordered_set<std::string>>& allow) {
            return config.name.empty() || !allow || allow->contains("x");
          });
  const auto match = getMatchConfig();
  const auto auth = getMatchAuthConfig();
  if (!checked || globalAuthDisable() || match.first < 0 || !auth.first || getRules().empty()) {
    return FilterHeadersStatus::StopIteration;
  }
  GET_HEADER_VIEW(":path", path);
  GET_RESPONSE_HEADER_VIEW(":status", status);
  (void)status;
  return onHeaders([&](const Config& config) {
    return path == config.name ? FilterHeadersStatus::StopIteration : FilterHeadersStatus::Continue;
  });
}

class SurfaceContext : public Context {
 public:
  SurfaceContext(uint32_t id, RootContext* root) : Context(id, root) {}
  FilterHeadersStatus onRequestHeaders(uint32_t /*headers*/, bool /*end_of_stream*/) override {
    texts();
    http();
    return static_cast<SurfaceRoot*>(root())->onHead();
  }

 private:
  static void texts();
  static void http();
};

void SurfaceContext::texts() {
  using namespace Wasm::Common;
  const std::string encoded = Base64::encode("text", 4);
  LOG_INFO(Base64::decodeWithoutPadding(encoded));
  std::string_view text = stdToAbsl(abslToStd(" text "));
  LOG_INFO(std::string(ltrim(text)) + std::string(rtrim(text)) + std::string(trim(text)));
  LOG_INFO(Crypto::getShaHmac("sha256", "key", "message"));
  LOG_INFO(Crypto::getShaHmacBase64("sha1", "key", "message"));
  LOG_INFO(Crypto::getMD5("message") + Crypto::getMD5Base64("message"));
  std::string hashed;
  if (!Crypto::crypt("password", "{SHA}x", hashed) || Crypto::constantTimeEquals(hashed, "x")) {
    LOG_WARN(hashed);
  }
  const Regex::CompiledGoogleReMatcher matcher("a+");
  const Regex::CompiledGoogleReMatcher unchecked("a+", false);
  if (matcher.error().empty() && matcher.match("aaa") && unchecked.search("ba")) {
    LOG_INFO(matcher.replaceAll("aaa", "b"));
  }
}

void SurfaceContext::http() {
  using namespace Wasm::Common::Http;
  LOG_INFO(PercentEncoding::decode(PercentEncoding::encode("a b", " ")));
  const auto time = httpTime("Sun, 06 Nov 1994 08:49:37 GMT");
  if (time && timePointValid(*time)) {
    LOG_INFO(std::string(stripPortFromHost("example.com:80")));
  }
  QueryParams all = parseQueryString("/path?a=1");
  all.merge(parseAndDecodeQueryString("/path?a=%20"));
  all.merge(parseFromBody("a=1"));
  all.merge(parseParameters("a=1&b=2", 0, /*decode_params=*/true));
  for (const std::string& value : getAllOfHeader("cookie")) {
    LOG_INFO(value);
  }
  const auto cookies = parseCookies([](std::string_view key) -> bool { return key == "session"; });
  std::string_view host;
  std::string_view path;
  extractHostPathFromUri("http://example.com/path", host, path);
  extractPathWithoutArgsFromUri("/path?a=1", path);
  if (hasRequestBody() && cookies.empty()) {
    sendLocalResponse(Status::Unauthorized, "", buildOriginalUri(256),
                      {{std::string(Header::WWWAuthenticate), "Basic"}});
  }
  LOG_INFO(std::string(Header::Path) + std::string(ContentTypeValues::Json) +
           std::string(ContentTypeValues::FormUrlEncoded) + std::string(ContentTypeValues::Grpc) +
           std::string(ContentTypeValues::MultipartFormData));
}

RegisterContextFactory register_surface(CONTEXT_FACTORY(SurfaceContext), ROOT_FACTORY(SurfaceRoot));

}  // namespace
