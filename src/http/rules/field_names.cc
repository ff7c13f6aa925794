#include "http/rules/field_names.h"

#include <algorithm>
#include <array>

namespace wasmgate::http {
namespace {

template <size_t N>
bool is_one_of(std::string_view name, const std::array<std::string_view, N>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

template <size_t N>
bool starts_with_one_of(std::string_view name, const std::array<std::string_view, N>& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](std::string_view p) { return name.starts_with(p); });
}

constexpr auto kForwarding = std::to_array<std::string_view>(
    {"forwarded", "via", "x-real-ip", "x-request-id", "x-client-ip"});
constexpr auto kForwardingPrefixes =
    std::to_array<std::string_view>({"x-forwarded-", "x-original-", "x-envoy-"});
constexpr auto kIdentity =
    std::to_array<std::string_view>({"authorization", "proxy-authorization", "proxy-authenticate",
                                     "cookie", "set-cookie", "www-authenticate", "remote-user"});
constexpr auto kIdentityPrefixes = std::to_array<std::string_view>(
    {"x-user", "x-remote-", "x-auth-", "x-role", "x-group", "x-email", "x-identity", "x-consumer",
     "x-mse-consumer", "x-client-cert", "x-ssl-", "x-jwt-"});
constexpr auto kContent = std::to_array<std::string_view>(
    {"content-encoding", "content-type", "content-range", "cache-control", "max-forwards", "range",
     "age", "date", "expires", "location", "retry-after", "vary", "pragma"});

}  // namespace

KnownField classify_field(std::string_view name) {
  switch (name.size()) {
    case 2:
      return name == "te" ? KnownField::Te : KnownField::Other;
    case 4:
      return name == "host" ? KnownField::Host : KnownField::Other;
    case 6:
      return name == "expect" ? KnownField::Expect : KnownField::Other;
    case 7:
      return name == "upgrade" ? KnownField::OtherHopByHop : KnownField::Other;
    case 10:
      if (name == "connection") {
        return KnownField::Connection;
      }
      return name == "keep-alive" ? KnownField::OtherHopByHop : KnownField::Other;
    case 14:
      if (name == "content-length") {
        return KnownField::ContentLength;
      }
      return name == "http2-settings" ? KnownField::OtherHopByHop : KnownField::Other;
    case 16:
      return name == "proxy-connection" ? KnownField::OtherHopByHop : KnownField::Other;
    case 17:
      return name == "transfer-encoding" ? KnownField::TransferEncoding : KnownField::Other;
    default:
      return KnownField::Other;
  }
}

bool is_hop_by_hop(std::string_view name) {
  switch (classify_field(name)) {
    case KnownField::TransferEncoding:
    case KnownField::Connection:
    case KnownField::Te:
    case KnownField::OtherHopByHop:
      return true;
    default:
      return false;
  }
}

bool is_framing_name(std::string_view name) {
  return classify_field(name) != KnownField::Other || name == "trailer";
}

bool is_forwarding_name(std::string_view name) {
  return is_one_of(name, kForwarding) || starts_with_one_of(name, kForwardingPrefixes);
}

bool is_identity_name(std::string_view name) {
  return is_one_of(name, kIdentity) || starts_with_one_of(name, kIdentityPrefixes);
}

bool is_protected_name(std::string_view name) {
  return is_framing_name(name) || is_forwarding_name(name) || is_identity_name(name);
}

bool is_forbidden_trailer(std::string_view name) {
  return is_protected_name(name) || is_one_of(name, kContent);
}

}  // namespace wasmgate::http
