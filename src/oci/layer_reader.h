#pragma once
// Finds plugin.wasm (and spec.yaml, README.md) in a tar layer. Works on bytes that are complete,
// hashed and capped; writes nothing to disk, never allocates what a header declares, and refuses
// what has no place in a plug-in image.

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace wasmgate::oci {

struct LayerLimits {
  size_t module_bytes = 16ULL * 1024 * 1024;
  size_t entries = 64;
  size_t ratio = 20;                      // unpacked to packed bytes, counted past ratio_free_bytes
  size_t ratio_free_bytes = 1024 * 1024;  // small archives are mostly padding
  size_t unpacked_bytes = 64ULL * 1024 * 1024;
  size_t document_bytes = 1024 * 1024;  // spec.yaml, README.md; larger ones are left out
};

struct LayerFiles {
  std::optional<std::string> module;  // plugin.wasm; nothing: this layer has none
  std::string spec;                   // spec.yaml; empty: none
  std::string readme;                 // README.md; empty: none
};

/// `bytes`: a tar archive, plain or packed with gzip or zstd (told by its first bytes; media types
/// lie). plugin.wasm is the file of that name at the root, or else the only one of that base name
/// in folders. Errors, source Upstream: LimitExceeded (any limit above), Malformed (not an archive,
/// cut short, bytes after the end of gzip), Refused (absolute path, "..", plugin.wasm that is a
/// link, device or sparse file, or is there twice).
Result<LayerFiles> read_layer(std::string_view bytes, const LayerLimits& limits);

}  // namespace wasmgate::oci
