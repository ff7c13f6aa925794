#include "oci/reference.h"

#include <algorithm>

namespace wasmgate::oci {
namespace {

bool is_lower_alnum(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_alnum(char c) { return is_lower_alnum(c) || (c >= 'A' && c <= 'Z'); }

tl::unexpected<Error> bad_reference(std::string_view text, const std::string& what) {
  return fail(ErrorCode::InvalidArgument, "image reference \"" + std::string(text) + "\": " + what,
              ErrorSource::Config);
}

bool is_port(std::string_view text) {
  if (text.empty() || text.size() > 5 ||
      !std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    return false;
  }
  unsigned port = 0;
  for (const char c : text) {
    port = port * 10 + static_cast<unsigned>(c - '0');
  }
  return port > 0 && port <= 65535;
}

// A DNS name or IPv4 address, or an IPv6 address in brackets, with an optional port.
bool is_host(std::string_view host) {
  std::string_view name = host;
  if (!host.empty() && host.front() == '[') {
    const size_t close = host.find(']');
    if (close == std::string_view::npos || close < 3) {
      return false;
    }
    name = host.substr(1, close - 1);
    const bool address = std::all_of(name.begin(), name.end(), [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == ':' || c == '.';
    });
    const std::string_view rest = host.substr(close + 1);
    return address && (rest.empty() || (rest.front() == ':' && is_port(rest.substr(1))));
  }
  if (const size_t colon = host.find(':'); colon != std::string_view::npos) {
    if (!is_port(host.substr(colon + 1))) {
      return false;
    }
    name = host.substr(0, colon);
  }
  if (name.empty() || name.size() > 253 || !is_lower_alnum(name.front()) ||
      !is_lower_alnum(name.back())) {
    return false;
  }
  return std::all_of(
             name.begin(), name.end(),
             [](char c) { return is_lower_alnum(c) || c == '.' || c == '-' || c == '_'; }) &&
         name.find("..") == std::string_view::npos;
}

// One path part: runs of letters and digits, between them one of "." "_" "__" or any number of "-"
// (the distribution specification).
bool is_path_part(std::string_view part) {
  size_t at = 0;
  while (true) {
    const size_t begin = at;
    while (at < part.size() && is_lower_alnum(part[at])) {
      ++at;
    }
    if (at == begin) {
      return false;
    }
    if (at == part.size()) {
      return true;
    }
    const size_t separator = at;
    while (at < part.size() && part[at] == part[separator] &&
           (part[at] == '-' || part[at] == '_' || part[at] == '.')) {
      ++at;
    }
    const size_t length = at - separator;
    const size_t most = part[separator] == '-' ? part.size() : part[separator] == '_' ? 2 : 1;
    if (length == 0 || length > most) {
      return false;
    }
  }
}

bool is_repository(std::string_view repository) {
  if (repository.empty() || repository.size() > 255) {
    return false;
  }
  while (true) {
    const size_t slash = repository.find('/');
    if (!is_path_part(repository.substr(0, slash))) {
      return false;
    }
    if (slash == std::string_view::npos) {
      return true;
    }
    repository.remove_prefix(slash + 1);
  }
}

}  // namespace

bool is_tag(std::string_view tag) {
  return !tag.empty() && tag.size() <= 128 && tag.front() != '.' && tag.front() != '-' &&
         std::all_of(tag.begin(), tag.end(),
                     [](char c) { return is_alnum(c) || c == '_' || c == '.' || c == '-'; });
}

std::string Reference::target() const {
  if (digest) {
    return digest->to_string();
  }
  return tag.empty() ? "latest" : tag;
}

std::string Reference::to_string() const {
  std::string out = host + "/" + repository;
  if (!tag.empty()) {
    out += ":" + tag;
  }
  if (digest) {
    out += "@" + digest->to_string();
  }
  return out;
}

Result<Reference> parse_reference(std::string_view text) {
  std::string_view rest = text;
  if (const size_t scheme = rest.find("://"); scheme != std::string_view::npos) {
    if (rest.substr(0, scheme) != "oci") {
      return fail(ErrorCode::Unsupported,
                  "image reference \"" + std::string(text) + "\": the scheme is not oci",
                  ErrorSource::Config);
    }
    rest.remove_prefix(scheme + 3);
  }
  const size_t slash = rest.find('/');
  if (slash == std::string_view::npos) {
    return bad_reference(text, "no registry; write host/repository:tag");
  }
  Reference out;
  out.host = std::string(rest.substr(0, slash));
  std::transform(out.host.begin(), out.host.end(), out.host.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (!is_host(out.host)) {
    return bad_reference(text, "\"" + out.host + "\" is no registry host");
  }
  rest.remove_prefix(slash + 1);
  if (const size_t at = rest.find('@'); at != std::string_view::npos) {
    auto digest = parse_digest(rest.substr(at + 1));
    if (!digest) {
      return fail(digest.error().code,
                  "image reference \"" + std::string(text) + "\": " + digest.error().detail,
                  ErrorSource::Config);
    }
    out.digest = *digest;
    rest = rest.substr(0, at);
  }
  if (const size_t colon = rest.find(':'); colon != std::string_view::npos) {
    out.tag = std::string(rest.substr(colon + 1));
    if (!is_tag(out.tag)) {
      return bad_reference(text, "\"" + out.tag + "\" is no tag");
    }
    rest = rest.substr(0, colon);
  }
  out.repository = std::string(rest);
  if (!is_repository(out.repository)) {
    return bad_reference(
        text, "\"" + out.repository +
                  "\" is no repository (lower-case letters, digits, separators . _ - inside)");
  }
  if (out.host == "index.docker.io" || out.host == "registry-1.docker.io") {
    out.host = "docker.io";
  }
  if (out.host == "docker.io" && out.repository.find('/') == std::string::npos) {
    out.repository = "library/" + out.repository;
  }
  return out;
}

std::string endpoint_of(const std::string& host) {
  return host == "docker.io" ? "registry-1.docker.io" : host;
}

}  // namespace wasmgate::oci
