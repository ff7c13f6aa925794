#pragma once
// Whole files, with caps and atomic replacement. Blocking: never on a worker.

#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace wasmgate::server {

/// Reads a regular file of at most `limit_bytes`. Errors: NotFound, Refused, LimitExceeded.
Result<std::string> read_file(const std::string& path, size_t limit_bytes);

/// A regular file's bytes as they lie in the page cache, without a copy. For files that are only
/// ever replaced by renaming: one that was cut short meanwhile would end the process.
class MappedFile {
 public:
  /// Errors: NotFound, Refused (not a regular file, or empty), LimitExceeded.
  static Result<MappedFile> open(const std::string& path, size_t limit_bytes);
  MappedFile(MappedFile&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(other.size_) {}
  MappedFile& operator=(MappedFile&&) = delete;
  ~MappedFile();

  std::string_view bytes() const { return {static_cast<const char*>(data_), size_}; }

 private:
  MappedFile(void* data, size_t size) : data_(data), size_(size) {}

  void* data_;
  size_t size_;
};

/// Reads a descriptor to its end. Errors: Refused, LimitExceeded.
Result<std::string> read_descriptor(int fd, size_t limit_bytes);

/// Writes everything. False on an error.
bool write_descriptor(int fd, std::string_view bytes);

/// Writes a temporary file beside `path`, syncs it, and renames it into place: readers see the old
/// or the new, never a part. Errors: Refused with the system's text.
Result<void> write_file_atomically(const std::string& path, std::string_view bytes, unsigned mode);

}  // namespace wasmgate::server
