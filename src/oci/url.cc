#include "oci/url.h"

#include <algorithm>

namespace wasmgate::oci {
namespace {

tl::unexpected<Error> bad_url(std::string_view text, const char* what) {
  return fail(ErrorCode::InvalidArgument, "URL \"" + std::string(text) + "\": " + what,
              ErrorSource::Config);
}

uint16_t own_port(std::string_view scheme) { return scheme == "https" ? 443 : 80; }

bool read_port(std::string_view text, uint16_t& out) {
  if (text.empty() || text.size() > 5) {
    return false;
  }
  unsigned port = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') {
      return false;
    }
    port = port * 10 + static_cast<unsigned>(c - '0');
  }
  out = static_cast<uint16_t>(port);
  return port > 0 && port <= 65535;
}

}  // namespace

std::string Url::authority() const {
  std::string out = host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (port != own_port(scheme)) {
    out += ":" + std::to_string(port);
  }
  return out;
}

Result<Url> parse_url(std::string_view text) {
  Url out;
  const size_t scheme = text.find("://");
  out.scheme = std::string(text.substr(0, std::min(scheme, text.size())));
  std::transform(out.scheme.begin(), out.scheme.end(), out.scheme.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  if (scheme == std::string_view::npos || (out.scheme != "http" && out.scheme != "https")) {
    return bad_url(text, "not http:// or https://");
  }
  if (std::any_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F || c == '\\';
      })) {
    return bad_url(text, "spaces, control bytes and backslashes must be percent-encoded");
  }
  std::string_view rest = text.substr(scheme + 3);
  const size_t end = std::min(rest.find_first_of("/?#"), rest.size());
  std::string_view authority = rest.substr(0, end);
  out.target = std::string(rest.substr(end));
  if (out.target.find('#') != std::string::npos) {
    return bad_url(text, "a fragment has no meaning here");
  }
  if (out.target.empty() || out.target.front() != '/') {
    out.target.insert(0, "/");
  }
  if (authority.find('@') != std::string_view::npos) {
    return bad_url("...", "a user or password in a URL is refused");
  }
  out.port = own_port(out.scheme);
  if (authority.starts_with("[")) {
    const size_t close = authority.find(']');
    if (close == std::string_view::npos) {
      return bad_url(text, "the bracket of the IPv6 address is not closed");
    }
    out.host = std::string(authority.substr(1, close - 1));
    authority.remove_prefix(close + 1);
  } else {
    const size_t colon = std::min(authority.find(':'), authority.size());
    out.host = std::string(authority.substr(0, colon));
    authority.remove_prefix(colon);
  }
  if (!authority.empty() &&
      (authority.front() != ':' || !read_port(authority.substr(1), out.port))) {
    return bad_url(text, "the port is no number from 1 to 65535");
  }
  std::transform(out.host.begin(), out.host.end(), out.host.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  if (out.host.empty()) {
    return bad_url(text, "no host");
  }
  return out;
}

Result<Url> resolve_location(const Url& base, std::string_view location) {
  if (location.starts_with("/") && !location.starts_with("//")) {
    return parse_url(base.scheme + "://" + base.authority() + std::string(location));
  }
  if (location.starts_with("//")) {
    return parse_url(base.scheme + ":" + std::string(location));
  }
  if (location.find("://") == std::string_view::npos) {
    return fail(ErrorCode::Protocol,
                "Location \"" + std::string(location) + "\" is neither absolute nor from the root",
                ErrorSource::Upstream);
  }
  return parse_url(location);
}

std::string encode_query(std::string_view value) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : value) {
    const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                            (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
    if (unreserved) {
      out.push_back(c);
    } else {
      out.push_back('%');
      out.push_back(kHex[static_cast<unsigned char>(c) >> 4]);
      out.push_back(kHex[static_cast<unsigned char>(c) & 15]);
    }
  }
  return out;
}

std::string with_query(const std::string& target, std::string_view name, std::string_view value) {
  return target + (target.find('?') == std::string::npos ? "?" : "&") + std::string(name) + "=" +
         encode_query(value);
}

}  // namespace wasmgate::oci
