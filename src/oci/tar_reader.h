#pragma once
// Reads a tar archive that lies in memory, entry by entry, with caps: nothing is allocated by a
// declared size, nothing is written to disk, names that lead out of the folder are refused.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace wasmgate::oci {

struct TarEntry {
  std::string path;       // "a/b": relative, no "." or ".." parts, no control bytes
  bool regular = false;   // a plain file: no link, folder or device
  uint64_t declared = 0;  // bytes, as its header claims
};

class TarReader {
 public:
  /// `what`: begins the messages ("layer"). Lifetime: `tar` outlives the reader. Errors, source
  /// Upstream: Malformed when it is no tar archive.
  static Result<TarReader> open(std::string_view tar, std::string what);

  TarReader(TarReader&&) noexcept;
  ~TarReader();

  /// The next entry; nothing at the end. Errors: Malformed; Refused (absolute path, "..", control
  /// bytes); LimitExceeded after `entries` entries.
  Result<std::optional<TarEntry>> next(size_t entries);

  /// The present entry's bytes. Errors: LimitExceeded past `limit`; Refused for a sparse file;
  /// Malformed.
  Result<std::string> data(const std::string& path, size_t limit);

 private:
  struct State;
  explicit TarReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Unpacks zstd data. Errors: Malformed, LimitExceeded past `limit`.
Result<std::string> unpack_zstd(std::string_view bytes, size_t limit, const std::string& what);

}  // namespace wasmgate::oci
