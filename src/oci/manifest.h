#pragma once
// Manifests and indexes of registries: OCI image manifest and index, Docker version 2 schema 2 and
// its list. Reading only decides what the document says; whether it is the right one (digest) was
// checked before.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "oci/digest.h"

namespace wasmgate::oci {

inline constexpr size_t kManifestBytes = 1024 * 1024;
inline constexpr size_t kManifestLayers = 256;

struct Descriptor {
  std::string media_type;
  Digest digest;
  uint64_t size = 0;
  std::map<std::string, std::string> annotations;
};

struct Manifest {
  std::string media_type;
  Descriptor config;
  std::vector<Descriptor> layers;
  std::map<std::string, std::string> annotations;
};

struct Platform {
  std::string os;
  std::string architecture;
};

struct IndexEntry {
  Descriptor descriptor;
  std::optional<Platform> platform;
};

struct Index {
  std::string media_type;
  std::vector<IndexEntry> manifests;
};

using Document = std::variant<Manifest, Index>;

/// Reads a manifest or an index. `media_type`: the Content-Type it came with, parameters allowed;
/// empty when unknown. The document's own mediaType must agree with it when both are there. Errors:
/// LimitExceeded (over kManifestBytes or kManifestLayers), Protocol (not JSON, a field missing or
/// of another kind, types that disagree), Unsupported (Docker schema 1, other document types,
/// digests other than sha256).
Result<Document> read_document(std::string_view text, std::string_view media_type);

/// The manifest of an index that holds the plug-in: the one for architecture wasm; else the only
/// one without platform; else linux/amd64; else the only one. Entries for platform unknown
/// (attestations) do not count. Errors: NotFound, listing the platforms that are there.
Result<Descriptor> choose_manifest(const Index& index);

/// The Accept header that asks for everything read_document knows.
std::string manifest_accept();

}  // namespace wasmgate::oci
