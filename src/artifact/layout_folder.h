#pragma once
// An image-layout folder as a place of images (the OCI image specification's image-layout): what
// `pack` and `pull` write, `push` and the preload folder read.

#include "artifact/image_end.h"

namespace wasmgate::artifact {

inline constexpr unsigned kLayoutFolderMode = 0755;
inline constexpr unsigned kLayoutFileMode = 0644;

class LayoutFolder final : public ImageEnd {
 public:
  explicit LayoutFolder(std::string folder) : folder_(std::move(folder)) {}

  /// True when the folder is one.
  bool exists() const;

  /// By digest; else by the full name; else, with `any_name`, by the tag alone or as the only
  /// image.
  Result<FetchedManifest> manifest(const oci::Reference& reference) override;
  Result<FetchedManifest> find(const std::string& name) const;
  /// Its line in index.json. Errors: NotFound, Protocol, Unsupported.
  Result<oci::Descriptor> entry(const std::string& name) const;
  Result<std::string> blob(const oci::Reference& reference,
                           const oci::Descriptor& descriptor) override;
  Result<bool> has_blob(const oci::Reference& reference,
                        const oci::Descriptor& descriptor) override;
  Result<void> put_blob(const oci::Reference& reference, const oci::Descriptor& descriptor,
                        std::string_view bytes) override;
  Result<void> put_manifest(const oci::Reference& reference,
                            const FetchedManifest& manifest) override;

  /// The same under a free name (a tag, or a full reference).
  Result<void> put_named(const std::string& name, const FetchedManifest& manifest);

 private:
  Result<FetchedManifest> read_manifest(const oci::Digest& digest, std::string media_type) const;
  Result<void> prepare() const;
  std::string path_of(const oci::Digest& digest) const;

  std::string folder_;
};

}  // namespace wasmgate::artifact
