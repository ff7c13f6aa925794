#pragma once
// Makes a plug-in image: blobs and a manifest, in one of three layouts, the same bytes for the same
// input.

#include <map>
#include <string>
#include <vector>

#include "oci/manifest.h"
#include "oci/plugin_layers.h"

namespace wasmgate::oci {

struct ImageInput {
  Layout layout = Layout::Compat;
  std::string module;  // plugin.wasm
  std::string spec;    // spec.yaml; empty: none
  std::map<std::string, std::string>
      documents;             // language ("" for README.md, "en", "zh", …) → Markdown
  std::string icon;          // PNG; empty: none
  bool extra_layers = true;  // compat: false puts spec.yaml into the tar layer only, no documents
  std::map<std::string, std::string> annotations;  // of the manifest
  std::string abi_version;  // "0.2.1"; for the oci layout's configuration; empty: left out
  std::string root_id;      // likewise
};

struct Blob {
  Descriptor descriptor;
  std::string bytes;
};

struct Image {
  std::vector<Blob> blobs;  // configuration first, then layers in order; each digest once
  std::string manifest;
  Descriptor manifest_descriptor;
};

/// compat: OCI manifest, spec, README and icon layers first when there, last the tar layer with
/// plugin.wasm (and spec.yaml) at its root. oci: exactly two layers, configuration and raw module.
/// cncf: raw module as application/wasm. Extra files do not fit into the last two. Errors:
/// InvalidArgument when `module` is no WebAssembly, or files are given that the layout has no place
/// for.
Result<Image> build_image(const ImageInput& input);

/// A blob of these bytes.
Blob make_blob(std::string bytes, std::string_view media_type);

/// The manifest's text of these parts, with its descriptor.
Image make_manifest(Blob config, std::vector<Blob> layers,
                    const std::map<std::string, std::string>& annotations);

}  // namespace wasmgate::oci
