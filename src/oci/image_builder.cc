#include "oci/image_builder.h"

#include <algorithm>

#include "oci/gzip.h"
#include "oci/json.h"
#include "oci/media_types.h"
#include "oci/tar_writer.h"

namespace wasmgate::oci {
namespace {

constexpr std::string_view kVariant = "module.wasm.image/variant";
constexpr std::string_view kTitle = "org.opencontainers.image.title";

Json to_json(const Descriptor& descriptor) {
  Json out = {{"mediaType", descriptor.media_type},
              {"digest", descriptor.digest.to_string()},
              {"size", descriptor.size}};
  if (!descriptor.annotations.empty()) {
    out["annotations"] = descriptor.annotations;
  }
  return out;
}

Blob titled(Blob blob, std::string_view title) {
  blob.descriptor.annotations[std::string(kTitle)] = title;
  return blob;
}

std::string document_type(const std::string& language) {
  return std::string(media::kDocPrefix) + (language.empty() ? "" : "." + language) +
         std::string(media::kDocSuffix);
}

Image compat(const ImageInput& input) {
  std::map<std::string, std::string> files{{"plugin.wasm", input.module}};
  if (!input.spec.empty()) {
    files["spec.yaml"] = input.spec;
  }
  const std::string tar = write_tar(files);
  std::vector<Blob> layers;
  std::vector<std::string> diff_ids;
  const auto add_plain = [&](const std::string& bytes, const std::string& type,
                             const std::string& title) {
    layers.push_back(titled(make_blob(bytes, type), title));
    diff_ids.push_back(layers.back().descriptor.digest.to_string());
  };
  if (input.extra_layers) {
    for (const auto& [language, text] : input.documents) {
      add_plain(text, document_type(language),
                language.empty() ? "README.md" : "README_" + language + ".md");
    }
    if (!input.spec.empty()) {
      add_plain(input.spec, std::string(media::kSpec), "spec.yaml");
    }
    if (!input.icon.empty()) {
      add_plain(input.icon, std::string(media::kIcon), "icon.png");
    }
  }
  layers.push_back(make_blob(gzip_pack(tar), media::kLayerTarGzip));
  diff_ids.push_back(digest_of(tar).to_string());
  const Json config = {{"architecture", "wasm"},
                       {"os", "wasi"},
                       {"config", Json::object()},
                       {"rootfs", {{"type", "layers"}, {"diff_ids", diff_ids}}}};
  auto annotations = input.annotations;
  annotations.emplace(kVariant, "compat");
  return make_manifest(make_blob(to_text(config), media::kImageConfig), std::move(layers),
                       annotations);
}

Image oci_artifact(const ImageInput& input) {
  Json config = {{"type", "envoy_proxy"}};
  if (!input.abi_version.empty()) {
    config["abiVersions"] = {"v" + input.abi_version};
  }
  if (!input.root_id.empty()) {
    config["config"] = {{"rootIds", {input.root_id}}};
  }
  std::vector<Blob> layers;
  layers.push_back(titled(make_blob(to_text(config), media::kWasmConfig), "runtime-config.json"));
  layers.push_back(titled(make_blob(input.module, media::kWasmContent), "plugin.wasm"));
  const Json image_config = {{"architecture", "wasm"},
                             {"os", "wasi"},
                             {"rootfs", {{"type", "layers"}, {"diff_ids", Json::array()}}}};
  return make_manifest(make_blob(to_text(image_config), media::kImageConfig), std::move(layers),
                       input.annotations);
}

Image cncf(const ImageInput& input) {
  std::vector<Blob> layers;
  layers.push_back(make_blob(input.module, media::kCncfWasm));
  const Json config = {{"architecture", "wasm"},
                       {"os", "wasip1"},
                       {"layerDigests", {layers.front().descriptor.digest.to_string()}}};
  return make_manifest(make_blob(to_text(config), media::kCncfConfig), std::move(layers),
                       input.annotations);
}

}  // namespace

Blob make_blob(std::string bytes, std::string_view media_type) {
  Blob out;
  out.descriptor = {std::string(media_type), digest_of(bytes), bytes.size(), {}};
  out.bytes = std::move(bytes);
  return out;
}

Image make_manifest(Blob config, std::vector<Blob> layers,
                    const std::map<std::string, std::string>& annotations) {
  Json root = {{"schemaVersion", 2},
               {"mediaType", media::kManifest},
               {"config", to_json(config.descriptor)},
               {"layers", Json::array()}};
  Image out;
  out.blobs.push_back(std::move(config));
  for (Blob& layer : layers) {
    root["layers"].push_back(to_json(layer.descriptor));
    const bool known = std::any_of(out.blobs.begin(), out.blobs.end(), [&](const Blob& b) {
      return b.descriptor.digest == layer.descriptor.digest;
    });
    if (!known) {
      out.blobs.push_back(std::move(layer));
    }
  }
  if (!annotations.empty()) {
    root["annotations"] = annotations;
  }
  out.manifest = to_text(root);
  out.manifest_descriptor = {
      std::string(media::kManifest), digest_of(out.manifest), out.manifest.size(), {}};
  return out;
}

Result<Image> build_image(const ImageInput& input) {
  if (input.module.size() < 8 || !input.module.starts_with(std::string_view("\0asm", 4))) {
    return fail(ErrorCode::InvalidArgument, "the module is no WebAssembly (magic bytes missing)",
                ErrorSource::Config);
  }
  const bool extra = !input.spec.empty() || !input.documents.empty() || !input.icon.empty();
  if (extra && input.layout != Layout::Compat) {
    return fail(ErrorCode::InvalidArgument,
                "layout " + std::string(to_string(input.layout)) +
                    " has no place for spec.yaml, README or icon; use compat",
                ErrorSource::Config);
  }
  switch (input.layout) {
    case Layout::Oci:
      return oci_artifact(input);
    case Layout::Cncf:
      return cncf(input);
    case Layout::Compat:
      break;
  }
  return compat(input);
}

}  // namespace wasmgate::oci
