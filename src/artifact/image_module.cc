#include "artifact/image_module.h"

#include "oci/plugin_layers.h"

namespace wasmgate::artifact {
namespace {

constexpr int kModuleIndexDepth = 2;

tl::unexpected<Error> with_place(const Error& error, const std::string& where) {
  return fail(error.code, where + ": " + error.detail, error.source, error.retryable);
}

// The first tar layer, from the last, that has a module.
Result<oci::LayerFiles> from_tars(const oci::PluginLayers& layers, const std::string& where,
                                  const oci::LayerLimits& limits, const BlobReader& blob,
                                  oci::Digest& found) {
  oci::LayerFiles files;
  for (size_t i = 0; i < layers.tars.size() && !files.module; ++i) {
    auto bytes = blob(*layers.tars[i]);
    if (!bytes) {
      return tl::unexpected(bytes.error());
    }
    auto read = oci::read_layer(*bytes, limits);
    if (!read) {
      return with_place(read.error(), where);
    }
    files = std::move(*read);
    found = layers.tars[i]->digest;
  }
  return files;
}

Result<oci::LayerFiles> raw_module(const oci::Descriptor& layer, const std::string& where,
                                   const oci::LayerLimits& limits, const BlobReader& blob) {
  if (layer.size > limits.module_bytes) {
    return fail(ErrorCode::LimitExceeded,
                where + ": the module has " + std::to_string(layer.size) + " bytes, the limit is " +
                    std::to_string(limits.module_bytes),
                ErrorSource::Upstream);
  }
  auto bytes = blob(layer);
  if (!bytes) {
    return tl::unexpected(bytes.error());
  }
  oci::LayerFiles files;
  files.module = std::move(*bytes);
  return files;
}

}  // namespace

Result<ResolvedImage> resolve_image(ImageEnd& end, const oci::Reference& reference,
                                    FetchedManifest top) {
  ResolvedImage out;
  out.top = top.digest;
  out.document = std::move(top);
  for (int depth = 0;; ++depth) {
    auto document = oci::read_document(out.document.text, out.document.media_type);
    if (!document) {
      return with_place(document.error(), reference.to_string());
    }
    if (auto* manifest = std::get_if<oci::Manifest>(&*document)) {
      out.manifest = std::move(*manifest);
      return out;
    }
    if (depth == kModuleIndexDepth) {
      return fail(ErrorCode::LimitExceeded, reference.to_string() + ": indexes inside indexes",
                  ErrorSource::Upstream);
    }
    auto chosen = oci::choose_manifest(std::get<oci::Index>(*document));
    if (!chosen) {
      return with_place(chosen.error(), reference.to_string());
    }
    auto next = end.manifest(reference.at(chosen->digest));
    if (!next) {
      return tl::unexpected(next.error());
    }
    out.document = std::move(*next);
  }
}

Result<ImageModule> read_image_module(const oci::Manifest& manifest, const std::string& where,
                                      const oci::LayerLimits& limits, const BlobReader& blob) {
  auto layers = oci::choose_layers(manifest);
  if (!layers) {
    return with_place(layers.error(), where);
  }
  ImageModule out;
  if (layers->module != nullptr) {
    out.blob = layers->module->digest;
  }
  auto files = layers->module != nullptr ? raw_module(*layers->module, where, limits, blob)
                                         : from_tars(*layers, where, limits, blob, out.blob);
  if (!files) {
    return tl::unexpected(files.error());
  }
  if (!files->module) {
    return fail(ErrorCode::NotFound, where + ": no layer of this image has a plugin.wasm",
                ErrorSource::Upstream);
  }
  auto code = check_plugin_code(std::move(*files->module), "", limits.module_bytes, where);
  if (!code) {
    return tl::unexpected(code.error());
  }
  out.code = std::move(*code);
  out.code.spec_yaml = std::move(files->spec);
  if (out.code.spec_yaml.empty() && layers->spec != nullptr &&
      layers->spec->size <= limits.document_bytes) {
    if (auto spec = blob(*layers->spec)) {
      out.code.spec_yaml = std::move(*spec);
      out.spec = layers->spec->digest;
    }
  }
  return out;
}

}  // namespace wasmgate::artifact
