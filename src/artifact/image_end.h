#pragma once
// A place that holds images, to read from or write to: a registry (registry_client) or an
// image-layout folder (layout_folder).

#include <string>

#include "base/result.h"
#include "oci/image_builder.h"
#include "oci/manifest.h"
#include "oci/reference.h"

namespace wasmgate::artifact {

struct FetchedManifest {
  std::string text;
  std::string media_type;
  oci::Digest digest;  // of the text
};

class ImageEnd {
 public:
  virtual ~ImageEnd() = default;

  /// The manifest or index that `reference` names. When it has a digest, the text has that digest.
  /// Errors: NotFound; Corrupt (another digest); LimitExceeded; of a registry: those of WebClient
  /// and oci::status_error.
  virtual Result<FetchedManifest> manifest(const oci::Reference& reference) = 0;

  /// A blob, checked for size and digest. Errors: as above.
  virtual Result<std::string> blob(const oci::Reference& reference,
                                   const oci::Descriptor& descriptor) = 0;

  virtual Result<bool> has_blob(const oci::Reference& reference,
                                const oci::Descriptor& descriptor) = 0;
  virtual Result<void> put_blob(const oci::Reference& reference, const oci::Descriptor& descriptor,
                                std::string_view bytes) = 0;

  /// Under the reference's tag, or by its digest alone when it has no tag.
  virtual Result<void> put_manifest(const oci::Reference& reference,
                                    const FetchedManifest& manifest) = 0;
};

/// The largest blob that is moved: a packed layer.
inline constexpr size_t kBlobBytes = 32ULL * 1024 * 1024;

}  // namespace wasmgate::artifact
