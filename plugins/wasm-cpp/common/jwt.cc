#include "jwt.h"

#include "base64.h"
#include "constant_time.h"
#include "crypto_util.h"
#include "jwk.h"

namespace wasmgate::sdk {

using Wasm::Common::JsonObject;
using Wasm::Common::JsonParse;
using Wasm::Common::JsonValueAs;

std::string_view jwt_status_text(JwtStatus status) {
  switch (status) {
    case JwtStatus::Ok:
      return "OK";
    case JwtStatus::Missing:
      return "Jwt is missing";
    case JwtStatus::BadFormat:
      return "Jwt is not in the form of Header.Payload.Signature";
    case JwtStatus::HeaderBadEncoding:
      return "Jwt header is an invalid Base64url encoded";
    case JwtStatus::HeaderBadJson:
      return "Jwt header is an invalid JSON";
    case JwtStatus::HeaderBadAlgorithm:
      return "Jwt header [alg] field is required and must be a string";
    case JwtStatus::HeaderUnknownAlgorithm:
      return "Jwt header [alg] is not supported";
    case JwtStatus::HeaderBadKeyId:
      return "Jwt header [kid] field is not a string";
    case JwtStatus::HeaderCritical:
      return "Jwt header [crit] is not supported";
    case JwtStatus::PayloadBadEncoding:
      return "Jwt payload is an invalid Base64url encoded";
    case JwtStatus::PayloadBadJson:
      return "Jwt payload is an invalid JSON";
    case JwtStatus::PayloadBadTime:
      return "Jwt payload [exp] or [nbf] field is not a number";
    case JwtStatus::SignatureBadEncoding:
      return "Jwt signature is an invalid Base64url encoded";
    case JwtStatus::NotYetValid:
      return "Jwt not yet valid";
    case JwtStatus::Expired:
      return "Jwt is expired";
    case JwtStatus::UnknownIssuer:
      return "Jwt issuer is not configured";
    case JwtStatus::NoMatchingKey:
      return "Jwks doesn't have key to match kid or alg from Jwt";
    case JwtStatus::VerificationFails:
      return "Jwt verification fails";
  }
  return "";
}

namespace {

JwtStatus read_header(std::string_view encoded, Jwt& jwt) {
  const auto decoded = Base64::decodeUrl(encoded);
  if (!decoded) {
    return JwtStatus::HeaderBadEncoding;
  }
  auto header = JsonParse(*decoded);
  if (!header) {
    return JwtStatus::HeaderBadJson;
  }
  jwt.header = std::move(*header);
  const auto algorithm = jwt.header.find("alg");
  if (algorithm == jwt.header.end() || !algorithm->is_string()) {
    return JwtStatus::HeaderBadAlgorithm;
  }
  jwt.algorithm = algorithm->get<std::string>();
  if (!is_jwt_algorithm(jwt.algorithm)) {
    return JwtStatus::HeaderUnknownAlgorithm;
  }
  const auto key_id = jwt.header.find("kid");
  if (key_id != jwt.header.end()) {
    if (!key_id->is_string()) {
      return JwtStatus::HeaderBadKeyId;
    }
    jwt.key_id = key_id->get<std::string>();
  }
  return jwt.header.contains("crit") ? JwtStatus::HeaderCritical : JwtStatus::Ok;
}

JwtStatus read_payload(std::string_view encoded, Jwt& jwt) {
  const auto decoded = Base64::decodeUrl(encoded);
  if (!decoded) {
    return JwtStatus::PayloadBadEncoding;
  }
  auto payload = JsonParse(*decoded);
  if (!payload) {
    return JwtStatus::PayloadBadJson;
  }
  jwt.payload = std::move(*payload);
  for (const char* name : {"exp", "nbf"}) {
    const auto time = jwt.payload.find(name);
    if (time != jwt.payload.end() && !time->is_number()) {
      return JwtStatus::PayloadBadTime;
    }
  }
  return JwtStatus::Ok;
}

}  // namespace

JwtStatus Jwt::parse(std::string_view token, Jwt& out) {
  out = Jwt();
  out.text = token;
  const size_t first = token.find('.');
  const size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) {
    return JwtStatus::BadFormat;
  }
  JwtStatus status = read_header(token.substr(0, first), out);
  if (status == JwtStatus::Ok) {
    status = read_payload(token.substr(first + 1, second - first - 1), out);
  }
  if (status != JwtStatus::Ok) {
    return status;
  }
  auto decoded = Base64::decodeUrl(token.substr(second + 1));
  if (!decoded) {
    return JwtStatus::SignatureBadEncoding;
  }
  out.signature = std::move(*decoded);
  out.signed_size = second;
  return JwtStatus::Ok;
}

std::string Jwt::claim(std::string_view name) const {
  const auto found = payload.find(std::string(name));
  return found != payload.end() && found->is_string() ? found->get<std::string>() : std::string();
}

JwtStatus Jwt::check_time(int64_t now_seconds, int64_t skew_seconds) const {
  const auto now = static_cast<double>(now_seconds);
  const auto skew = static_cast<double>(skew_seconds);
  const auto not_before = payload.find("nbf");
  if (not_before != payload.end() && not_before->get<double>() > now + skew) {
    return JwtStatus::NotYetValid;
  }
  const auto expiry = payload.find("exp");
  if (expiry != payload.end() && expiry->get<double>() < now - skew) {
    return JwtStatus::Expired;
  }
  return JwtStatus::Ok;
}

std::string sign_hs256(const JsonObject& header, const JsonObject& payload,
                       std::string_view secret) {
  constexpr auto kReplace = JsonObject::error_handler_t::replace;
  std::string token = Base64::encodeUrl(header.dump(-1, ' ', false, kReplace)) + "." +
                      Base64::encodeUrl(payload.dump(-1, ' ', false, kReplace));
  return token + "." + Base64::encodeUrl(Wasm::Common::Crypto::getShaHmac("sha256", secret, token));
}

bool verify_hs256(const Jwt& jwt, std::string_view secret) {
  return jwt.algorithm == "HS256" &&
         constant_time_equals(
             jwt.signature, Wasm::Common::Crypto::getShaHmac("sha256", secret, jwt.signed_part()));
}

Jwks::Jwks() = default;
Jwks::~Jwks() = default;
Jwks::Jwks(Jwks&&) noexcept = default;
Jwks& Jwks::operator=(Jwks&&) noexcept = default;

std::string Jwks::parse(std::string_view json) {
  const auto object = JsonParse(json);
  if (!object) {
    return "is not a JSON object";
  }
  keys_.clear();
  remembered_.clear();
  const auto list = object->find("keys");
  const JsonObject keys = list == object->end() ? JsonObject::array({*object}) : *list;
  if (!keys.is_array()) {
    return "keys: expected a list";
  }
  for (size_t index = 0; index < keys.size(); ++index) {
    std::string error = keys[index].is_object() ? "" : "expected an object";
    if (error.empty()) {
      if (auto key = Jwk::parse(keys[index], error)) {
        keys_.push_back(std::move(key));
      }
    }
    if (!error.empty()) {
      return "keys[" + std::to_string(index) + "]." + error;
    }
  }
  return keys_.empty() ? "has no key of a known type" : "";
}

JwtStatus Jwks::verify(const Jwt& jwt) const {
  const std::string digest = Wasm::Common::Crypto::getHash("sha256", jwt.text);
  if (remembered_.count(digest) != 0) {
    return JwtStatus::Ok;
  }
  bool tried = false;
  for (const auto& key : keys_) {
    if (!key->fits(jwt.algorithm, jwt.key_id)) {
      continue;
    }
    tried = true;
    if (key->verify(jwt.algorithm, jwt.signed_part(), jwt.signature)) {
      if (remembered_.size() >= kRememberedLimit) {
        remembered_.clear();
      }
      remembered_.insert(digest);
      return JwtStatus::Ok;
    }
  }
  return tried ? JwtStatus::VerificationFails : JwtStatus::NoMatchingKey;
}

}  // namespace wasmgate::sdk
