#include "artifact/layout_folder.h"

#include <filesystem>

#include "artifact/file_io.h"
#include "oci/image_layout.h"

namespace wasmgate::artifact {
namespace {

constexpr size_t kMarkerBytes = 4096;

}  // namespace

std::string LayoutFolder::path_of(const oci::Digest& digest) const {
  return folder_ + "/" + oci::layout_blob_path(digest);
}

bool LayoutFolder::exists() const {
  std::error_code error;
  return std::filesystem::exists(folder_ + "/" + std::string(oci::kLayoutMarkerFile), error);
}

Result<FetchedManifest> LayoutFolder::read_manifest(const oci::Digest& digest,
                                                    std::string media_type) const {
  auto text = read_whole_file(path_of(digest), oci::kManifestBytes);
  if (!text) {
    return tl::unexpected(text.error());
  }
  if (oci::digest_of(*text) != digest) {
    return fail(ErrorCode::Corrupt, path_of(digest) + ": the content does not match its digest",
                ErrorSource::Config);
  }
  return FetchedManifest{std::move(*text), std::move(media_type), digest};
}

Result<oci::Descriptor> LayoutFolder::entry(const std::string& name) const {
  auto marker = read_whole_file(folder_ + "/" + std::string(oci::kLayoutMarkerFile), kMarkerBytes);
  if (!marker) {
    return tl::unexpected(marker.error());
  }
  if (auto good = oci::check_layout_marker(*marker); !good) {
    return tl::unexpected(good.error());
  }
  auto index =
      read_whole_file(folder_ + "/" + std::string(oci::kLayoutIndexFile), oci::kManifestBytes);
  if (!index) {
    return tl::unexpected(index.error());
  }
  auto found = oci::layout_find(*index, name);
  if (!found) {
    return fail(found.error().code, folder_ + ": " + found.error().detail, found.error().source);
  }
  return found;
}

Result<FetchedManifest> LayoutFolder::find(const std::string& name) const {
  auto found = entry(name);
  if (!found) {
    return tl::unexpected(found.error());
  }
  return read_manifest(found->digest, found->media_type);
}

Result<FetchedManifest> LayoutFolder::manifest(const oci::Reference& reference) {
  return reference.digest ? read_manifest(*reference.digest, "") : find(reference.to_string());
}

Result<std::string> LayoutFolder::blob(const oci::Reference&, const oci::Descriptor& descriptor) {
  auto bytes = read_whole_file(path_of(descriptor.digest), kBlobBytes);
  if (!bytes) {
    return tl::unexpected(bytes.error());
  }
  if (bytes->size() != descriptor.size || oci::digest_of(*bytes) != descriptor.digest) {
    return fail(ErrorCode::Corrupt,
                path_of(descriptor.digest) + ": the content does not match its size and digest",
                ErrorSource::Config);
  }
  return bytes;
}

Result<bool> LayoutFolder::has_blob(const oci::Reference&, const oci::Descriptor& descriptor) {
  std::error_code error;
  return std::filesystem::file_size(path_of(descriptor.digest), error) == descriptor.size && !error;
}

Result<void> LayoutFolder::prepare() const {
  if (auto made = make_folders(folder_ + "/blobs/sha256", kLayoutFolderMode); !made) {
    return made;
  }
  return exists() ? Result<void>{}
                  : write_file(folder_ + "/" + std::string(oci::kLayoutMarkerFile),
                               oci::layout_marker(), kLayoutFileMode);
}

Result<void> LayoutFolder::put_blob(const oci::Reference&, const oci::Descriptor& descriptor,
                                    std::string_view bytes) {
  if (auto prepared = prepare(); !prepared) {
    return prepared;
  }
  return write_file(path_of(descriptor.digest), bytes, kLayoutFileMode);
}

Result<void> LayoutFolder::put_manifest(const oci::Reference& reference,
                                        const FetchedManifest& manifest) {
  if (reference.tag.empty() && reference.digest) {
    // A part of an index: its bytes only, no name of its own.
    return put_blob(reference, {manifest.media_type, manifest.digest, manifest.text.size(), {}},
                    manifest.text);
  }
  oci::Reference named = reference;
  named.digest.reset();
  return put_named(named.to_string(), manifest);
}

Result<void> LayoutFolder::put_named(const std::string& name, const FetchedManifest& manifest) {
  const oci::Descriptor descriptor{manifest.media_type, manifest.digest, manifest.text.size(), {}};
  if (auto put = put_blob({}, descriptor, manifest.text); !put) {
    return put;
  }
  const std::string path = folder_ + "/" + std::string(oci::kLayoutIndexFile);
  auto old = read_whole_file(path, oci::kManifestBytes);
  if (!old && old.error().code != ErrorCode::NotFound) {
    return tl::unexpected(old.error());
  }
  auto index = oci::layout_index_with(old ? *old : "", descriptor, name);
  if (!index) {
    return tl::unexpected(index.error());
  }
  return write_file(path, *index, kLayoutFileMode);
}

}  // namespace wasmgate::artifact
