#pragma once
// What field names mean to a gateway: which ones frame a message, which belong to one connection,
// which carry who the client is. Names are given in lower case throughout.

#include <cstdint>
#include <string_view>

namespace wasmgate::http {

/// Fields that the codecs treat themselves.
enum class KnownField : uint8_t {
  Other,
  Host,
  ContentLength,
  TransferEncoding,
  Connection,
  Expect,
  Te,
  OtherHopByHop,  // keep-alive, proxy-connection, upgrade, http2-settings
};

/// Finds the kind of a lower-case name by its length and bytes.
KnownField classify_field(std::string_view name);

/// Fields that belong to one connection and never cross the gateway (RFC 9110 §7.6.1): connection,
/// keep-alive, proxy-connection, te, transfer-encoding, upgrade, http2-settings.
bool is_hop_by_hop(std::string_view name);

/// Fields that frame or steer a message: host, content-length and the hop-by-hop ones, expect,
/// trailer.
bool is_framing_name(std::string_view name);

/// Fields that a gateway writes about the way a request came: forwarded, x-forwarded-*, x-real-ip,
/// via, x-request-id, x-original-*, x-envoy-*.
bool is_forwarding_name(std::string_view name);

/// Fields that back ends read as the client's identity: authorization, cookie, x-user*, x-auth-*,
/// x-role*, …
bool is_identity_name(std::string_view name);

/// Any of the three above: no `Connection` option may remove it (rule 42), no folding name may
/// imitate it (rule 22).
bool is_protected_name(std::string_view name);

/// Names that no trailer section may carry (RFC 9110 §6.5.1; rule 34): protected names and those
/// that say how content is read.
bool is_forbidden_trailer(std::string_view name);

}  // namespace wasmgate::http
