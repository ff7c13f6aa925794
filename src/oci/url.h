#pragma once
// The parts of an http(s) URL that a registry client decides by: scheme, host, port. And
// percent-encoding of query values.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace wasmgate::oci {

struct Url {
  std::string scheme;  // "http" or "https"
  std::string host;    // lower-case; IPv6 without brackets
  uint16_t port = 0;   // always set
  std::string target;  // path and query, at least "/"

  /// "host:port", port only when it is not the scheme's own: as registries are named.
  std::string authority() const;
  std::string to_string() const { return scheme + "://" + authority() + target; }
  bool same_origin(const Url& other) const {
    return scheme == other.scheme && host == other.host && port == other.port;
  }
};

/// Errors: InvalidArgument for another scheme, user information in the URL, a fragment, control
/// bytes or spaces, no host, a bad port.
Result<Url> parse_url(std::string_view text);

/// What a Location header means on a response from `base`: absolute, or from the root. Errors: as
/// parse_url; Protocol for other relatives.
Result<Url> resolve_location(const Url& base, std::string_view location);

/// Percent-encodes everything but unreserved characters (RFC 3986 §2.3).
std::string encode_query(std::string_view value);

/// `target` with "name=value" added to its query; the value is encoded.
std::string with_query(const std::string& target, std::string_view name, std::string_view value);

}  // namespace wasmgate::oci
