#pragma once
// The request target and the authority (RFC 9112 §3.2, RFC 3986; rules 8 to 13 and 15): what is
// refused, and the one form in which a path is routed and forwarded.

#include <string>
#include <string_view>

#include "http/codec/refusal.h"

namespace wasmgate::http {

/// The parts of a target. Views into the target or to literals.
struct RequestTarget {
  std::string_view authority;  // of an absolute form; empty otherwise
  std::string_view path;       // path and query; "*"; or a query alone ("?q" of "http://host?q")
  bool normal = true;  // normalize_path() would change nothing; false also when it is not known
  Refusal refusal;
};

/// Takes a request target apart. Every form but authority-form is read; CONNECT is refused
/// elsewhere. Refusals: rules 8, 10, 11, 12, 15.
RequestTarget read_request_target(std::string_view method, std::string_view target);

/// Judges path and query alone, as read_request_target does (rules 8, 10, 11, 12). "*" is refused.
RequestTarget read_path(std::string_view path);

/// Writes the normalised form of a path that was read without refusal to `out` (rule 13): escaped
/// unreserved bytes decoded, hexadecimal digits of escapes in capitals, dot segments resolved
/// (never above the root), runs of "/" made one, "/" put before a query that stands alone. The
/// query stays as it is. Doing it twice changes nothing more.
void normalize_path(std::string_view path, std::string& out);

/// Judges the value of Host or ":authority" (rule 15): host name, IPv4 address or bracketed IPv6
/// address, then optionally ":" and a port of 1 to 65535. No user name, path, comma, space, percent
/// escape or empty text.
Refusal check_authority(std::string_view authority);

}  // namespace wasmgate::http
