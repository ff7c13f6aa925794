#pragma once
// Digests as registries write them ("sha256:" and 64 lower-case hexadecimal digits) and the running
// hash that makes them.

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace wasmgate::oci {

/// A SHA-256 digest. Made by parse_digest or digest_of; empty only when default-constructed.
struct Digest {
  std::string hex;  // 64 lower-case hexadecimal digits

  bool empty() const { return hex.empty(); }
  /// "sha256:<hex>".
  std::string to_string() const { return "sha256:" + hex; }
  friend auto operator<=>(const Digest&, const Digest&) = default;
};

/// Reads "sha256:<64 lower-case hexadecimal digits>". Errors: Unsupported for another algorithm,
/// InvalidArgument for anything else.
Result<Digest> parse_digest(std::string_view text);

/// SHA-256 of bytes that arrive in parts.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void add(std::string_view bytes);
  /// The digest of all that was added. Once.
  Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

Digest digest_of(std::string_view bytes);

}  // namespace wasmgate::oci
