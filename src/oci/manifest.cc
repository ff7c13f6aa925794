#include "oci/manifest.h"

#include <algorithm>

#include "oci/json.h"
#include "oci/media_types.h"

namespace wasmgate::oci {
namespace {

tl::unexpected<Error> broken(const std::string& what) {
  return fail(ErrorCode::Protocol, "manifest: " + what, ErrorSource::Upstream);
}

std::string without_parameters(std::string_view media_type) {
  std::string_view type = media_type.substr(0, media_type.find(';'));
  while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) {
    type.remove_suffix(1);
  }
  return std::string(type);
}

Result<std::map<std::string, std::string>> read_annotations(const Json& object) {
  std::map<std::string, std::string> out;
  const Json* annotations = member(object, "annotations");
  if (annotations == nullptr || annotations->is_null()) {
    return out;
  }
  if (!annotations->is_object()) {
    return broken("annotations is no object");
  }
  for (const auto& [key, value] : annotations->items()) {
    if (!value.is_string()) {
      return broken("annotation " + key + " is no string");
    }
    out[key] = value.get_ref<const std::string&>();
  }
  return out;
}

Result<Descriptor> read_descriptor(const Json& object, const std::string& where) {
  const auto media_type = string_member(object, "mediaType");
  const auto digest_text = string_member(object, "digest");
  const auto size = number_member(object, "size");
  if (!media_type || !digest_text || !size) {
    return broken(where + " needs mediaType, digest and size");
  }
  auto digest = parse_digest(*digest_text);
  if (!digest) {
    return fail(digest.error().code == ErrorCode::Unsupported ? ErrorCode::Unsupported
                                                              : ErrorCode::Protocol,
                "manifest: " + where + ": " + digest.error().detail, ErrorSource::Upstream);
  }
  auto annotations = read_annotations(object);
  if (!annotations) {
    return tl::unexpected(annotations.error());
  }
  return Descriptor{*media_type, *digest, *size, std::move(*annotations)};
}

Result<Document> read_manifest(const Json& root, std::string media_type) {
  Manifest out;
  out.media_type = std::move(media_type);
  const Json* config = object_member(root, "config");
  if (config == nullptr) {
    return broken("config is missing");
  }
  auto config_descriptor = read_descriptor(*config, "config");
  if (!config_descriptor) {
    return tl::unexpected(config_descriptor.error());
  }
  out.config = std::move(*config_descriptor);
  const Json* layers = array_member(root, "layers");
  if (layers == nullptr) {
    return broken("layers is missing");
  }
  if (layers->size() > kManifestLayers) {
    return fail(ErrorCode::LimitExceeded,
                "manifest: " + std::to_string(layers->size()) + " layers, the limit is " +
                    std::to_string(kManifestLayers),
                ErrorSource::Upstream);
  }
  for (size_t i = 0; i < layers->size(); ++i) {
    auto layer = read_descriptor((*layers)[i], "layer " + std::to_string(i + 1));
    if (!layer) {
      return tl::unexpected(layer.error());
    }
    out.layers.push_back(std::move(*layer));
  }
  auto annotations = read_annotations(root);
  if (!annotations) {
    return tl::unexpected(annotations.error());
  }
  out.annotations = std::move(*annotations);
  return Document(std::move(out));
}

Result<Document> read_index(const Json& root, std::string media_type) {
  Index out;
  out.media_type = std::move(media_type);
  const Json* manifests = array_member(root, "manifests");
  if (manifests == nullptr) {
    return broken("manifests is missing");
  }
  if (manifests->size() > kManifestLayers) {
    return fail(ErrorCode::LimitExceeded, "manifest: too many manifests in one index",
                ErrorSource::Upstream);
  }
  for (size_t i = 0; i < manifests->size(); ++i) {
    const Json& item = (*manifests)[i];
    auto descriptor = read_descriptor(item, "manifest " + std::to_string(i + 1));
    if (!descriptor) {
      return tl::unexpected(descriptor.error());
    }
    IndexEntry entry{std::move(*descriptor), std::nullopt};
    if (const Json* platform = object_member(item, "platform")) {
      entry.platform = Platform{string_member(*platform, "os").value_or(""),
                                string_member(*platform, "architecture").value_or("")};
    }
    out.manifests.push_back(std::move(entry));
  }
  return Document(std::move(out));
}

bool is_manifest_type(std::string_view type) {
  return type == media::kManifest || type == media::kDockerManifest;
}
bool is_index_type(std::string_view type) {
  return type == media::kIndex || type == media::kDockerIndex;
}

}  // namespace

Result<Document> read_document(std::string_view text, std::string_view media_type) {
  if (text.size() > kManifestBytes) {
    return fail(ErrorCode::LimitExceeded,
                "manifest: larger than " + std::to_string(kManifestBytes) + " bytes",
                ErrorSource::Upstream);
  }
  const auto root = parse_json(text);
  if (!root || !root->is_object()) {
    return broken("not a JSON object, too deep, or a key twice");
  }
  std::string type = without_parameters(media_type);
  const std::string own = string_member(*root, "mediaType").value_or("");
  const bool outer_known = is_manifest_type(type) || is_index_type(type);
  if (outer_known && !own.empty() && own != type) {
    return broken("it came as " + type + " and calls itself " + own);
  }
  if (!own.empty()) {
    type = own;
  }
  const auto version = number_member(*root, "schemaVersion");
  if (version == 1U || type == media::kDockerManifest1 || type == media::kDockerManifest1Signed) {
    return fail(
        ErrorCode::Unsupported,
        "manifest: Docker schema 1 is not supported; push the image again with a current tool",
        ErrorSource::Upstream);
  }
  if (version != 2U) {
    return broken("schemaVersion is not 2");
  }
  // A document may leave its type out (OCI 1.0): then its members tell.
  const bool has_layers = member(*root, "layers") != nullptr;
  const bool has_manifests = member(*root, "manifests") != nullptr;
  if (has_layers && has_manifests) {
    return broken("both layers and manifests");
  }
  if (is_manifest_type(type)) {
    return read_manifest(*root, type);
  }
  if (is_index_type(type)) {
    return read_index(*root, type);
  }
  if (!own.empty()) {
    return fail(ErrorCode::Unsupported, "manifest: type " + own + " is not supported",
                ErrorSource::Upstream);
  }
  return has_manifests ? read_index(*root, std::string(media::kIndex))
                       : read_manifest(*root, std::string(media::kManifest));
}

Result<Descriptor> choose_manifest(const Index& index) {
  std::vector<const IndexEntry*> usable;
  std::string seen;
  for (const IndexEntry& entry : index.manifests) {
    const bool attestation = entry.platform && entry.platform->architecture == "unknown";
    if (attestation || (!is_manifest_type(entry.descriptor.media_type) &&
                        !is_index_type(entry.descriptor.media_type))) {
      continue;
    }
    usable.push_back(&entry);
    seen += seen.empty() ? "" : ", ";
    seen +=
        entry.platform ? entry.platform->os + "/" + entry.platform->architecture : "no platform";
  }
  const auto only = [&](auto&& fits) -> const IndexEntry* {
    const IndexEntry* found = nullptr;
    for (const IndexEntry* entry : usable) {
      if (fits(*entry)) {
        if (found != nullptr) {
          return nullptr;
        }
        found = entry;
      }
    }
    return found;
  };
  const auto arch = [](const IndexEntry& e) {
    return e.platform ? e.platform->architecture : std::string();
  };
  const IndexEntry* chosen =
      only([&](const IndexEntry& e) { return arch(e) == "wasm" || arch(e) == "wasm32"; });
  if (chosen == nullptr) {
    chosen = only([](const IndexEntry& e) { return !e.platform; });
  }
  if (chosen == nullptr) {
    chosen =
        only([&](const IndexEntry& e) { return arch(e) == "amd64" && e.platform->os == "linux"; });
  }
  if (chosen == nullptr && usable.size() == 1) {
    chosen = usable.front();
  }
  if (chosen == nullptr) {
    return fail(ErrorCode::NotFound,
                "the index has no single manifest for wasm or linux/amd64; it has: " +
                    (seen.empty() ? "none" : seen),
                ErrorSource::Upstream);
  }
  return chosen->descriptor;
}

std::string manifest_accept() {
  std::string out;
  for (const std::string_view type :
       {media::kManifest, media::kDockerManifest, media::kIndex, media::kDockerIndex}) {
    out.append(out.empty() ? "" : ", ").append(type);
  }
  return out;
}

}  // namespace wasmgate::oci
