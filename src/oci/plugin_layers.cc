#include "oci/plugin_layers.h"

#include "oci/media_types.h"

namespace wasmgate::oci {
namespace {

bool is_tar(std::string_view type) {
  return type == media::kLayerTarGzip || type == media::kDockerLayer || type == media::kLayerTar ||
         type == media::kLayerTarZstd || type == media::kDockerLayerPlain;
}

bool is_document(std::string_view type) {
  return type.starts_with(media::kDocPrefix) && type.ends_with(media::kDocSuffix);
}

}  // namespace

std::string_view to_string(Layout layout) {
  switch (layout) {
    case Layout::Compat:
      return "compat";
    case Layout::Oci:
      return "oci";
    case Layout::Cncf:
      return "cncf";
  }
  return "compat";
}

std::optional<Layout> parse_layout(std::string_view word) {
  for (const Layout layout : {Layout::Compat, Layout::Oci, Layout::Cncf}) {
    if (word == to_string(layout)) {
      return layout;
    }
  }
  return std::nullopt;
}

Result<PluginLayers> choose_layers(const Manifest& manifest) {
  PluginLayers out;
  std::string types;
  for (const Descriptor& layer : manifest.layers) {
    const std::string_view type = layer.media_type;
    types.append(types.empty() ? "" : ", ").append(type);
    if (type == media::kWasmContent || type == media::kCncfWasm) {
      if (out.module == nullptr) {  // readers of this form take the first
        out.module = &layer;
        out.layout = type == media::kCncfWasm ? Layout::Cncf : Layout::Oci;
      }
    } else if (is_tar(type)) {
      out.tars.insert(out.tars.begin(), &layer);
    } else if (type == media::kSpec && out.spec == nullptr) {
      out.spec = &layer;
    } else if (is_document(type)) {
      out.documents.push_back(&layer);
    }
  }
  if (out.module == nullptr && out.tars.empty()) {
    return fail(ErrorCode::NotFound,
                "no layer of this image can hold a plug-in; its layers are: " +
                    (types.empty() ? "none" : types),
                ErrorSource::Upstream);
  }
  return out;
}

}  // namespace wasmgate::oci
