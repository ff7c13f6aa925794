#include "plugin.h"

#include <unistd.h>
#ifndef __wasm__
#include <sys/random.h>
#endif

#include <algorithm>
#include <array>
#include <unordered_set>

#include "common_util.h"
#include "config_reader.h"
#include "constant_time.h"

static RegisterContextFactory register_OAuth(CONTEXT_FACTORY(OAuthContext),
                                             ROOT_FACTORY(OAuthRootContext));

namespace {

using namespace Wasm::Common;
using wasmgate::sdk::ConfigReader;
using wasmgate::sdk::Jwt;
using wasmgate::sdk::JwtStatus;

constexpr const char* kDetails = "oauth_access_denied";
constexpr std::string_view kScheme = "Bearer ";
constexpr const char* kTokenType = "application/at+jwt";
constexpr uint32_t kRealmPathBytes = 256;
constexpr int64_t kMostSeconds = 100LL * 365 * 86400;

int64_t nowSeconds() { return static_cast<int64_t>(getCurrentTimeNanoseconds() / 1'000'000'000); }

std::string routeName() { return wasmgate::sdk::read_match_input({false, true, false}).route; }

/// A random UUID (RFC 9562, version 4); empty when there is no randomness.
std::string randomUuid() {
  std::array<uint8_t, 16> bytes{};
  if (getentropy(bytes.data(), bytes.size()) != 0) {
    return "";
  }
  bytes[6] = static_cast<uint8_t>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<uint8_t>((bytes[8] & 0x3f) | 0x80);
  constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  for (size_t index = 0; index < bytes.size(); ++index) {
    text += index == 4 || index == 6 || index == 8 || index == 10 ? "-" : "";
    text += kHex[bytes[index] >> 4];
    text += kHex[bytes[index] & 15];
  }
  return text;
}

void deny(uint32_t code, const std::string& text, const HeaderStringPairs& headers = {}) {
  std::string details = text;
  std::replace(details.begin(), details.end(), ' ', '_');
  sendLocalResponse(code, std::string(kDetails) + "{" + details + "}", text, headers);
}

std::optional<int64_t> integerClaim(const Jwt& jwt, const char* name) {
  const auto found = jwt.payload.find(name);
  return found != jwt.payload.end() && found->is_number_integer()
             ? JsonValueAs<int64_t>(*found).first
             : std::nullopt;
}

/// A string claim that must be there.
bool stringClaim(const Jwt& jwt, const char* name, std::string& out) {
  const auto found = jwt.payload.find(name);
  if (found == jwt.payload.end() || !found->is_string()) {
    return false;
  }
  out = found->get<std::string>();
  return true;
}

std::string makeToken(const OAuthConfig& config, const OAuthConsumer& consumer,
                      const std::string& scope) {
  const int64_t now = nowSeconds();
  JsonObject payload = {
      {"iss", config.issuer},
      {"sub", consumer.name},
      {"aud", config.global_credentials ? std::string("default") : routeName()},
      {"iat", now},
      {"exp", now + config.token_ttl_seconds},
      {"client_id", consumer.client_id},
      {"jti", randomUuid()},
  };
  if (!scope.empty()) {
    payload["scope"] = scope;
  }
  return wasmgate::sdk::sign_hs256({{"alg", "HS256"}, {"typ", kTokenType}}, payload,
                                   consumer.client_secret);
}

}  // namespace

// Configuration ----------------------------------------------------------------------------------

bool OAuthRootContext::parsePluginConfig(const Json& object, OAuthConfig& config) {
  ConfigReader reader(object);
  reader.read("issuer", config.issuer)
      .read("auth_path", config.auth_path)
      .read("auth_header_name", config.auth_header)
      .read("auth_header", config.auth_header)
      .read("global_credentials", config.global_credentials)
      .read("keep_token", config.keep_token)
      .read("token_ttl", config.token_ttl_seconds, 1, kMostSeconds)
      .read("clock_skew_seconds", config.clock_skew_seconds, 0, kMostSeconds);
  if (config.auth_path.empty() || config.auth_path == "/") {
    reader.fail("auth_path", "must not be empty");
  } else if (config.auth_path[0] != '/') {
    config.auth_path.insert(0, "/");
  }
  std::unordered_set<std::string> names;
  reader.each("consumers", [&](ConfigReader& item) {
    OAuthConsumer consumer;
    item.require("name", consumer.name)
        .require("client_id", consumer.client_id)
        .require("client_secret", consumer.client_secret);
    if (item.ok() && !names.insert(consumer.name).second) {
      item.fail("name", "is there twice");
    }
    if (item.ok() && !config.consumers.emplace(consumer.client_id, consumer).second) {
      item.fail("client_id", "is there twice");
    }
  });
  if (reader.ok() && config.consumers.empty()) {
    reader.fail("consumers", "is required and must not be empty");
  }
  return reader.ok() || configFailure(reader.error());
}

const OAuthConsumer* OAuthConfig::verify(std::string_view token, int64_t now_seconds,
                                         std::string& audience) const {
  Jwt jwt;
  if (Jwt::parse(token, jwt) != JwtStatus::Ok) {
    return nullptr;
  }
  const auto type = jwt.header.find("typ");
  std::string client_id, token_issuer, subject;
  const auto expiry = integerClaim(jwt, "exp");
  const auto issued = integerClaim(jwt, "iat");
  if (type == jwt.header.end() || *type != kTokenType || !expiry || !issued ||
      !stringClaim(jwt, "client_id", client_id) || !stringClaim(jwt, "iss", token_issuer) ||
      !stringClaim(jwt, "sub", subject) || !stringClaim(jwt, "aud", audience)) {
    return nullptr;
  }
  const auto consumer = consumers.find(client_id);
  if (consumer == consumers.end() || token_issuer != issuer || subject != consumer->second.name ||
      *issued > now_seconds + clock_skew_seconds ||
      jwt.check_time(now_seconds, clock_skew_seconds) != JwtStatus::Ok ||
      !wasmgate::sdk::verify_hs256(jwt, consumer->second.client_secret)) {
    return nullptr;
  }
  return &consumer->second;
}

// Request ----------------------------------------------------------------------------------------

FilterHeadersStatus OAuthContext::onRequestHeaders(uint32_t, bool end_of_stream) {
  wasmgate::sdk::remove_client_consumer();
  auto* root = static_cast<OAuthRootContext*>(this->root());
  const auto [config, allow] = root->holdMatchAuthConfig();
  // With authentication switched off as a whole, tokens are given out all the same.
  const std::shared_ptr<const OAuthConfig> tokens =
      config == nullptr && !root->hasRules() ? root->holdGlobalConfig() : config;
  if (tokens != nullptr) {
    GET_HEADER_VIEW(Http::Header::Path, path);
    const std::string_view bare = Http::pathWithoutQuery(path);
    if (bare.size() >= tokens->auth_path.size() &&
        bare.substr(bare.size() - tokens->auth_path.size()) == tokens->auth_path) {
      return startTokenRequest(tokens, end_of_stream);
    }
  }
  return config == nullptr ? FilterHeadersStatus::Continue : checkToken(*config, allow);
}

FilterHeadersStatus OAuthContext::startTokenRequest(std::shared_ptr<const OAuthConfig> config,
                                                    bool end_of_stream) {
  GET_HEADER_VIEW(Http::Header::Method, method);
  if (method == "GET") {
    answerTokenRequest(*config, Http::parseAndDecodeQueryString(getRequestHeader(":path")->view()));
  } else if (method != "POST") {
    deny(405, "Method not allowed", {{"allow", "GET, POST"}});
  } else if (end_of_stream) {
    deny(400, "Authorize parameters are missing");
  } else if (!Http::isMediaType(getRequestHeader("content-type")->view(),
                                Http::ContentTypeValues::FormUrlEncoded)) {
    deny(400, "Invalid content-type");
  } else {
    config_ = std::move(config);
  }
  return FilterHeadersStatus::StopIteration;
}

FilterDataStatus OAuthContext::onRequestBody(size_t body_size, bool end_of_stream) {
  if (config_ == nullptr) {
    return FilterDataStatus::Continue;
  }
  body_size_ = body_size;
  if (body_size > kBodyLimitBytes) {
    deny(413, "Request Body Too Large");
    config_ = nullptr;
    return FilterDataStatus::StopIterationNoBuffer;
  }
  if (!end_of_stream) {
    return FilterDataStatus::StopIterationAndBuffer;
  }
  answerForm();
  return FilterDataStatus::StopIterationNoBuffer;
}

FilterTrailersStatus OAuthContext::onRequestTrailers(uint32_t) {
  if (config_ == nullptr) {
    return FilterTrailersStatus::Continue;
  }
  answerForm();
  return FilterTrailersStatus::StopIteration;
}

void OAuthContext::answerForm() {
  const WasmDataPtr body = getBufferBytes(WasmBufferType::HttpRequestBody, 0, body_size_);
  answerTokenRequest(*config_, Http::parseFromBody(body->view()));
  config_ = nullptr;
}

void OAuthContext::answerTokenRequest(const OAuthConfig& config, const Http::QueryParams& params) {
  const auto value = [&](const char* name) {
    const auto found = params.find(name);
    return found == params.end() ? std::string() : found->second;
  };
  const std::string grant = value("grant_type");
  const std::string client_id = value("client_id");
  const std::string secret = value("client_secret");
  if (params.empty()) {
    return deny(400, "Authorize parameters are missing");
  }
  if (grant.empty()) {
    return deny(400, "grant_type is missing");
  }
  if (grant != "client_credentials") {
    return deny(400, "grant_type:" + grant + " is not support");
  }
  if (client_id.empty()) {
    return deny(400, "client_id is missing");
  }
  if (secret.empty()) {
    return deny(400, "client_secret is missing");
  }
  const auto consumer = config.consumers.find(client_id);
  if (consumer == config.consumers.end() ||
      !wasmgate::sdk::constant_time_equals(consumer->second.client_secret, secret)) {
    return deny(400, "invalid client_id or client_secret");
  }
  const JsonObject answer = {{"token_type", "bearer"},
                             {"access_token", makeToken(config, consumer->second, value("scope"))},
                             {"expires_in", config.token_ttl_seconds}};
  sendLocalResponse(200, "oauth_token", answer.dump(),
                    {{"content-type", "application/json"}, {"cache-control", "no-store"}});
}

FilterHeadersStatus OAuthContext::checkToken(const OAuthConfig& config,
                                             const wasmgate::sdk::AllowList& allow) {
  GET_HEADER_VIEW(config.auth_header, header);
  std::string audience;
  const OAuthConsumer* consumer =
      startsWithIgnoreCase(header, kScheme)
          ? config.verify(trim(header.substr(kScheme.size())), nowSeconds(), audience)
          : nullptr;
  if (consumer == nullptr) {
    sendLocalResponse(
        401, kDetails, "Invalid Jwt token",
        {{"WWW-Authenticate",
          wasmgate::sdk::challenge("Bearer", Http::buildOriginalUri(kRealmPathBytes))}});
    return FilterHeadersStatus::StopIteration;
  }
  if (!wasmgate::sdk::is_admitted(consumer->name, allow) ||
      (!config.global_credentials && audience != routeName())) {
    sendLocalResponse(403, kDetails, "Access Denied", {});
    return FilterHeadersStatus::StopIteration;
  }
  if (!config.keep_token) {
    removeRequestHeader(config.auth_header);
  }
  wasmgate::sdk::set_consumer(consumer->name);
  return FilterHeadersStatus::Continue;
}
