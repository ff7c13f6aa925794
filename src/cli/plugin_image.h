#pragma once
// A plug-in on disk made into an image: what `pack` writes and `push` sends when it is pointed at a
// module.

#include "base/result.h"
#include "cli/distribution_options.h"
#include "oci/image_builder.h"

namespace wasmgate::cli {

struct PluginImage {
  oci::Image image;
  std::string folder;              // where the module lies
  std::vector<std::string> parts;  // "plugin.wasm 52 KB", in the order of the image
};

/// Reads the module, the spec.yaml and README files beside it, and builds the image. Errors:
/// NotFound, Refused, LimitExceeded (files); Unsupported (the gateway could not load the module;
/// all reasons); InvalidArgument (annotations, files that the layout has no place for).
Result<PluginImage> build_plugin_image(const PackOptions& options);

}  // namespace wasmgate::cli
