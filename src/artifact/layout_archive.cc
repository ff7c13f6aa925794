#include "artifact/layout_archive.h"

#include <stdlib.h>

#include <cstring>
#include <filesystem>

#include "artifact/file_io.h"
#include "artifact/layout_folder.h"
#include "oci/image_layout.h"
#include "oci/tar_writer.h"

namespace wasmgate::artifact {

Result<void> unpack_layout(const std::string& file, const std::string& folder) {
  auto tar = read_whole_file(file, oci::kLayoutArchiveBytes);
  if (!tar) {
    return tl::unexpected(tar.error());
  }
  auto files = oci::read_layout_archive(*tar);
  if (!files) {
    return fail(files.error().code, file + ": " + files.error().detail, files.error().source);
  }
  if (auto made = make_folders(folder + "/blobs/sha256", kLayoutFolderMode); !made) {
    return made;
  }
  for (const auto& [name, bytes] : *files) {
    if (auto written = write_file(folder + "/" + name, bytes, kLayoutFileMode); !written) {
      return written;
    }
  }
  return {};
}

Result<void> pack_layout(const std::string& folder, const std::string& file) {
  std::map<std::string, std::string> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, error)) {
    const std::string name = entry.path().lexically_relative(folder).string();
    if (!entry.is_regular_file() || !oci::is_layout_file(name)) {
      continue;
    }
    auto bytes = read_whole_file(entry.path().string(), oci::kLayoutArchiveBytes);
    if (!bytes) {
      return tl::unexpected(bytes.error());
    }
    files[name] = std::move(*bytes);
  }
  if (error) {
    return fail(ErrorCode::Refused, folder + ": " + error.message(), ErrorSource::Config);
  }
  return write_file(file, oci::write_tar(files), kLayoutFileMode);
}

ScratchFolder::~ScratchFolder() {
  if (!path_.empty()) {
    std::error_code ignored;  // nothing can be done about what cannot be removed
    std::filesystem::remove_all(path_, ignored);
  }
}

Result<void> ScratchFolder::open() {
  std::error_code error;
  std::string name = (std::filesystem::temp_directory_path(error) / "wasmgate-XXXXXX").string();
  if (error || ::mkdtemp(name.data()) == nullptr) {
    return fail(ErrorCode::Refused, name + ": " + (error ? error.message() : std::strerror(errno)),
                ErrorSource::Config);
  }
  path_ = std::move(name);
  return {};
}

}  // namespace wasmgate::artifact
