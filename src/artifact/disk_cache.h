#pragma once
// What was fetched, kept by digest, and small records beside it. Files appear whole or not at all,
// are believed only when this user owns them and their hash still fits, and those in use are never
// removed.
//
//   <folder>/blobs/<sha256>      bytes as fetched: manifests, layers, modules
//   <folder>/records/<sha256>    one JSON text per address: which digests it led to

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "artifact/file_io.h"
#include "artifact/web_client.h"
#include "oci/digest.h"

namespace wasmgate::artifact {

struct CacheLimits {
  size_t files = 1024;
  uint64_t bytes = 1024ULL * 1024 * 1024;
};

class DiskCache {
 public:
  /// Makes the folders (mode 0700) and removes what an earlier end left half-written.
  /// Errors: Refused (cannot be made, or belongs to or may be written by someone else).
  static Result<std::unique_ptr<DiskCache>> open(std::string folder, CacheLimits limits);

  /// The bytes of `digest`. What does not match or may have been written by others is removed.
  /// Errors: NotFound, LimitExceeded.
  Result<std::string> read(const oci::Digest& digest, size_t limit_bytes);

  /// Stores bytes under their digest. Errors: Refused with the system's text.
  Result<oci::Digest> store(std::string_view bytes);

  /// Removes what turned out to be useless, unless it is in use.
  void forget(const oci::Digest& digest);

  /// Errors: NotFound.
  Result<std::string> read_record(const std::string& key);
  Result<void> write_record(const std::string& key, std::string_view text);

  /// From now on these (hexadecimal digests, record keys) are in use and stay; others may go. Then
  /// removes what is over the limits, longest unused first.
  void keep(std::set<std::string> in_use);

  /// Takes a body straight to disk while hashing it.
  class Download final : public WebSink {
   public:
    explicit Download(DiskCache& cache) : cache_(cache) {}
    Result<void> begin() override;
    Result<void> add(std::string_view bytes) override;
    /// Compares (unless `expected` is empty), syncs and names it. Errors: Corrupt with both
    /// digests; Refused.
    Result<oci::Digest> commit(const oci::Digest& expected, const std::string& what);

   private:
    DiskCache& cache_;
    PartFile part_;
    std::unique_ptr<oci::Sha256> hash_;
  };

 private:
  DiskCache(std::string folder, CacheLimits limits) : folder_(std::move(folder)), limits_(limits) {}
  std::string blob_path(const std::string& hex) const { return folder_ + "/blobs/" + hex; }
  std::string record_path(const std::string& key) const { return folder_ + "/records/" + key; }
  void remove_over_limits();

  std::string folder_;
  CacheLimits limits_;
  std::set<std::string> in_use_;
};

}  // namespace wasmgate::artifact
