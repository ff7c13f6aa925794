#pragma once
// Plug-in code from a file:// url: read whole, with a size cap, checked for the WebAssembly magic
// and, when given, the digest.

#include <string>

#include "base/result.h"

namespace wasmgate::artifact {

struct PluginCode {
  std::string bytes;
  std::string digest;    // SHA-256 of the bytes as fetched, hexadecimal
  std::string resolved;  // where it came from, exactly: "host/repo@sha256:…", a URL, or a path
  std::string manifest_digest;  // images: SHA-256 of the manifest, hexadecimal; else empty
  std::string signer;           // fingerprint of the key that signed it; empty: not verified
  std::string spec_yaml;        // the image's spec.yaml; empty: none
  std::string note;  // not empty: a sentence for log and status (an older copy is used, …)
};

/// Reads `path`. `sha256`: lower-case hexadecimal, or empty for no check.
/// Errors: NotFound, Refused (permissions, not a regular file), LimitExceeded (over `limit_bytes`),
/// Malformed (no WebAssembly), Corrupt (other digest: the message says that the module's own bytes
/// were compared).
Result<PluginCode> read_plugin_file(const std::string& path, const std::string& sha256,
                                    size_t limit_bytes);

/// The checks of read_plugin_file on bytes that came from elsewhere.
Result<PluginCode> check_plugin_code(std::string bytes, const std::string& sha256,
                                     size_t limit_bytes, const std::string& where);

}  // namespace wasmgate::artifact
