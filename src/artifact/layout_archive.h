#pragma once
// An image layout as one tar file: unpacked into a folder to be read or changed there, and packed
// again, the same bytes for the same folder.

#include <string>

#include "base/result.h"

namespace wasmgate::artifact {

/// Unpacks `file` into `folder`, which exists. Errors: those of read_whole_file and
/// oci::read_layout_archive; Refused (writing).
Result<void> unpack_layout(const std::string& file, const std::string& folder);

/// Packs the layout in `folder`. Errors: those of read_whole_file; Refused (writing).
Result<void> pack_layout(const std::string& folder, const std::string& file);

/// A folder under the system's temporary one, for this user alone; removed at the end.
class ScratchFolder {
 public:
  ScratchFolder() = default;
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  /// Makes it. Errors: Refused.
  Result<void> open();
  /// Empty before open.
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace wasmgate::artifact
