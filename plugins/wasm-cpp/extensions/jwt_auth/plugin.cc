#include "plugin.h"

#include <algorithm>
#include <unordered_set>

#include "common_util.h"
#include "http_util.h"

static RegisterContextFactory register_JwtAuth(CONTEXT_FACTORY(JwtAuthContext),
                                               ROOT_FACTORY(JwtAuthRootContext));

namespace {

using wasmgate::sdk::ConfigReader;
using wasmgate::sdk::Jwt;
using wasmgate::sdk::JwtStatus;

constexpr uint32_t kRealmPathBytes = 256;
constexpr int64_t kMostSkewSeconds = 100LL * 365 * 86400;
constexpr const char* kDetails = "jwt_authn_access_denied";

void readClaims(ConfigReader& reader, JwtConsumer& consumer) {
  const auto* claims = reader.find("claims");
  if (claims == nullptr) {
    return;
  }
  if (!claims->is_object()) {
    reader.fail("claims", "expected an object of strings");
    return;
  }
  for (const auto& [name, value] : claims->items()) {
    const auto text = Wasm::Common::JsonValueAs<std::string>(value).first;
    if (!text) {
      reader.fail("claims." + name, "expected a string");
      return;
    }
    consumer.claims.emplace_back(name, Wasm::Common::trim(*text));
  }
}

void readClaimHeaders(ConfigReader& reader, JwtConsumer& consumer) {
  std::unordered_set<std::string> seen;
  reader.each("claims_to_headers", [&](ConfigReader& item) {
    JwtConsumer::ClaimHeader rule;
    item.require("claim", rule.claim)
        .require("header", rule.header)
        .read("override", rule.override_value);
    if (item.ok() && !seen.insert(rule.claim).second) {
      item.fail("claim", "is there twice");
    }
    consumer.claims_to_headers.push_back(std::move(rule));
  });
}

void readConsumer(ConfigReader& reader, JwtConsumer& consumer) {
  std::string jwks;
  reader.require("name", consumer.name)
      .require("jwks", jwks)
      .read("issuer", consumer.issuer)
      .read("clock_skew_seconds", consumer.clock_skew_seconds, 0, kMostSkewSeconds)
      .read("keep_token", consumer.keep_token);
  const std::string error = reader.ok() ? consumer.keys.parse(jwks) : "";
  if (!error.empty()) {
    reader.fail("jwks", error);
  }
  readClaims(reader, consumer);
  readClaimHeaders(reader, consumer);
  consumer.source.read(reader);
}

/// A string or unsigned integer claim as header text; nothing for anything else, or for text that
/// no header can carry.
std::optional<std::string> headerText(const Jwt& jwt, const std::string& claim) {
  const auto found = jwt.payload.find(claim);
  if (found == jwt.payload.end()) {
    return std::nullopt;
  }
  auto text = Wasm::Common::JsonValueAs<std::string>(*found).first;
  const auto forbidden = [](char c) { return c == '\r' || c == '\n' || c == '\0'; };
  return text && std::any_of(text->begin(), text->end(), forbidden) ? std::nullopt : text;
}

}  // namespace

bool JwtAuthRootContext::parsePluginConfig(const Json& object, JwtAuthConfig& config) {
  ConfigReader reader(object);
  reader.read("enable_headers", config.enable_headers);
  std::unordered_set<std::string> names;
  reader.each("consumers", [&](ConfigReader& item) {
    JwtConsumer consumer;
    readConsumer(item, consumer);
    if (item.ok() && !names.insert(consumer.name).second) {
      item.fail("name", "is there twice");
    }
    config.consumers.push_back(std::move(consumer));
  });
  if (reader.ok() && config.consumers.empty()) {
    reader.fail("consumers", "is required and must not be empty");
  }
  return reader.ok() || configFailure(reader.error());
}

JwtStatus JwtConsumer::verify(const std::string& token, int64_t now_seconds, Jwt& jwt) const {
  JwtStatus status = Jwt::parse(token, jwt);
  if (status != JwtStatus::Ok) {
    return status;
  }
  if (!issuer.empty() && jwt.claim("iss") != issuer) {
    return JwtStatus::UnknownIssuer;
  }
  for (const auto& [name, value] : claims) {
    if (Wasm::Common::trim(jwt.claim(name)) != value) {
      return JwtStatus::VerificationFails;
    }
  }
  status = jwt.check_time(now_seconds, clock_skew_seconds);
  return status == JwtStatus::Ok ? keys.verify(jwt) : status;
}

FilterHeadersStatus JwtAuthContext::onRequestHeaders(uint32_t, bool) {
  wasmgate::sdk::remove_client_consumer();
  const auto [match, allow] = static_cast<JwtAuthRootContext*>(root())->getMatchAuthConfig();
  if (!match || !isEnabled(match->get())) {
    return FilterHeadersStatus::Continue;
  }
  const auto now = static_cast<int64_t>(getCurrentTimeNanoseconds() / 1'000'000'000);
  std::optional<JwtStatus> first_status;
  bool verified = false;
  for (const JwtConsumer& consumer : match->get().consumers) {
    Jwt jwt;
    JwtStatus status = JwtStatus::Missing;
    for (const std::string& token : consumer.source.extract()) {
      status = consumer.verify(token, now, jwt);
      if (status != JwtStatus::Ok) {
        break;
      }
    }
    if (status == JwtStatus::Ok) {
      verified = true;
      if (wasmgate::sdk::is_admitted(consumer.name, allow)) {
        admit(consumer, jwt);
        return FilterHeadersStatus::Continue;
      }
    }
    first_status = first_status.value_or(status);
  }
  if (verified) {
    sendLocalResponse(403, kDetails, "Access Denied", {});
    return FilterHeadersStatus::StopIteration;
  }
  return deny(*first_status);
}

bool JwtAuthContext::isEnabled(const JwtAuthConfig& config) {
  return config.enable_headers.empty() ||
         std::any_of(
             config.enable_headers.begin(), config.enable_headers.end(),
             [](const std::string& name) {
               return findHeaderMapValue(WasmHeaderMapType::RequestHeaders, name).has_value();
             });
}

void JwtAuthContext::admit(const JwtConsumer& consumer, const Jwt& jwt) {
  for (const JwtConsumer::ClaimHeader& rule : consumer.claims_to_headers) {
    const auto text = headerText(jwt, rule.claim);
    if (text && rule.override_value) {
      replaceRequestHeader(rule.header, *text);
    } else if (text) {
      addRequestHeader(rule.header, *text);
    }
  }
  if (!consumer.keep_token) {
    consumer.source.removeFromRequest();
  }
  wasmgate::sdk::set_consumer(consumer.name);
}

FilterHeadersStatus JwtAuthContext::deny(JwtStatus status) {
  const std::string text(wasmgate::sdk::jwt_status_text(status));
  std::string details = text;
  std::replace(details.begin(), details.end(), ' ', '_');
  std::string challenge =
      wasmgate::sdk::challenge("Bearer", Wasm::Common::Http::buildOriginalUri(kRealmPathBytes));
  if (status != JwtStatus::Missing) {
    challenge += ", error=\"invalid_token\"";
  }
  sendLocalResponse(401, std::string(kDetails) + "{" + details + "}", text,
                    {{"WWW-Authenticate", challenge}});
  return FilterHeadersStatus::StopIteration;
}
