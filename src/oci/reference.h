#pragma once
// The name of an image: oci://host[:port]/repository[:tag][@sha256:…]. The first part is always the
// registry: nothing goes to a public registry because a name was short.

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "oci/digest.h"

namespace wasmgate::oci {

struct Reference {
  std::string host;              // registry, with ":port" when given; lower-case
  std::string repository;        // "team/name"
  std::string tag;               // empty: none was written
  std::optional<Digest> digest;  // wins over the tag

  /// True when what it names may change: no digest, and the tag is "latest" or absent.
  bool moves() const { return !digest && (tag.empty() || tag == "latest"); }

  /// What the registry is asked for: the digest, else the tag, else "latest".
  std::string target() const;

  /// "host/repository", then ":tag" and "@sha256:…" when there.
  std::string to_string() const;

  /// The same repository by digest only.
  Reference at(const Digest& other) const { return {host, repository, "", other}; }
  Reference with_tag(std::string other) const {
    return {host, repository, std::move(other), std::nullopt};
  }

  friend bool operator==(const Reference&, const Reference&) = default;
};

/// `text`: with or without "oci://". Repository: lower-case path parts of letters, digits and
/// single separators (. _ __ - …), at most 255 bytes; tag: at most 128 of letters, digits, '_',
/// '.', '-', not starting with '.' or '-'. Docker Hub's other names become docker.io, and a
/// one-part repository there gets "library/". Errors: InvalidArgument (says which part),
/// Unsupported (other scheme, other digest algorithm).
Result<Reference> parse_reference(std::string_view text);

/// True when `tag` may be one.
bool is_tag(std::string_view tag);

/// The host to connect to for a registry name: docker.io is served by registry-1.docker.io; others
/// are themselves.
std::string endpoint_of(const std::string& host);

}  // namespace wasmgate::oci
