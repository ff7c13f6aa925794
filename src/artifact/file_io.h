#pragma once
// Files as artifacts need them: whole and capped, written beside and renamed, owned by this user.
// Blocking.

#include <string>
#include <string_view>

#include "base/result.h"

namespace wasmgate::artifact {

/// Reads a regular file of at most `limit_bytes`. Errors: NotFound, Refused (permissions, not a
/// regular file), LimitExceeded.
Result<std::string> read_whole_file(const std::string& path, size_t limit_bytes);

/// The same for files that only this user may have written: no symbolic link, owner is this user,
/// nobody else may write. Errors: Refused when one of these does not hold.
Result<std::string> read_own_file(const std::string& path, size_t limit_bytes);

/// Writes a temporary file in the same folder, syncs it, renames it into place, syncs the folder.
/// Errors: Refused with the system's text.
Result<void> write_file(const std::string& path, std::string_view bytes, unsigned mode);

/// Makes a folder and what is missing above it. Errors: Refused.
Result<void> make_folders(const std::string& path, unsigned mode);

/// A file being written under a temporary name; gone unless committed.
class PartFile {
 public:
  PartFile() = default;
  ~PartFile();
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  /// (Re)starts with an empty file in `folder`. Errors: Refused.
  Result<void> open(const std::string& folder, unsigned mode);
  Result<void> add(std::string_view bytes);
  /// Syncs it and gives it its name. Errors: Refused.
  Result<void> commit(const std::string& path);

 private:
  void discard();

  int fd_ = -1;
  std::string path_;
};

}  // namespace wasmgate::artifact
