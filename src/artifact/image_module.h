#pragma once
// From an image to its plug-in: through indexes to the manifest, through the layers to the module.
// The blobs come from the caller, who knows whether they lie in a cache, a folder or a registry.

#include <functional>
#include <optional>

#include "artifact/image_end.h"
#include "artifact/plugin_file.h"
#include "oci/layer_reader.h"

namespace wasmgate::artifact {

struct ResolvedImage {
  oci::Digest top;           // of what the reference led to: the manifest, or an index that has it
  FetchedManifest document;  // the manifest as fetched
  oci::Manifest manifest;    // the same, read
};

/// Follows an index to the manifest for wasm (oci::choose_manifest). Errors: those of the end, of
/// oci::read_document and choose_manifest; LimitExceeded for indexes inside indexes.
Result<ResolvedImage> resolve_image(ImageEnd& end, const oci::Reference& reference,
                                    FetchedManifest top);

/// Gives a checked blob.
using BlobReader = std::function<Result<std::string>(const oci::Descriptor&)>;

struct ImageModule {
  PluginCode code;                  // bytes, digest, spec_yaml; the rest is the caller's
  oci::Digest blob;                 // the layer that had the module
  std::optional<oci::Digest> spec;  // the layer that had spec.yaml, when it was one of its own
};

/// `where`: for messages. Errors: NotFound (no layer has a module), those of `blob`,
/// oci::read_layer and check_plugin_code.
Result<ImageModule> read_image_module(const oci::Manifest& manifest, const std::string& where,
                                      const oci::LayerLimits& limits, const BlobReader& blob);

}  // namespace wasmgate::artifact
