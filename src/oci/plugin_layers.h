#pragma once
// Which layers of a manifest hold the plug-in. Any number, any order: a raw wasm layer wins, else
// the tar layers are tried from the last.

#include <vector>

#include "base/result.h"
#include "oci/manifest.h"

namespace wasmgate::oci {

enum class Layout : uint8_t { Compat, Oci, Cncf };
/// "compat", "oci", "cncf".
std::string_view to_string(Layout layout);
std::optional<Layout> parse_layout(std::string_view word);

struct PluginLayers {
  const Descriptor* module = nullptr;        // raw wasm; null: none
  std::vector<const Descriptor*> tars;       // to try, in this order
  const Descriptor* spec = nullptr;          // spec.yaml as a layer of its own
  std::vector<const Descriptor*> documents;  // README layers
  Layout layout = Layout::Compat;
};

/// Pointers into `manifest`. Errors: NotFound when no layer can hold a module; names the types that
/// are there.
Result<PluginLayers> choose_layers(const Manifest& manifest);

}  // namespace wasmgate::oci
