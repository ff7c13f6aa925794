#include "oci/docker_archive.h"

#include <optional>
#include <set>
#include <utility>

#include "oci/image_builder.h"
#include "oci/image_layout.h"
#include "oci/json.h"
#include "oci/tar_reader.h"

namespace wasmgate::oci {
namespace {

constexpr size_t kEntries = 4096;
constexpr std::string_view kManifest = "manifest.json";
constexpr std::string_view kConfigType = "application/vnd.oci.image.config.v1+json";
constexpr std::string_view kLayerType = "application/vnd.oci.image.layer.v1.tar";
constexpr std::string_view kPackedLayerType = "application/vnd.oci.image.layer.v1.tar+gzip";
constexpr std::string_view kGzipMagic = "\x1f\x8b";

using Files = std::map<std::string, std::string>;

tl::unexpected<Error> broken(const std::string& what) {
  return fail(ErrorCode::Protocol, "manifest.json: " + what, ErrorSource::Config);
}

/// The regular files among `wanted`.
Result<Files> read_files(std::string_view tar, const std::set<std::string>& wanted, size_t limit) {
  auto reader = TarReader::open(tar, "archive");
  if (!reader) {
    return tl::unexpected(reader.error());
  }
  Files out;
  while (true) {
    auto entry = reader->next(kEntries);
    if (!entry) {
      return tl::unexpected(entry.error());
    }
    if (!*entry) {
      return out;
    }
    const std::string& path = (*entry)->path;
    if (!(*entry)->regular || !wanted.contains(path)) {
      continue;
    }
    auto bytes = reader->data(path, limit);
    if (!bytes) {
      return tl::unexpected(bytes.error());
    }
    limit -= bytes->size();
    out[path] = std::move(*bytes);
  }
}

// One image of manifest.json: the files it names, and what it is called.
struct Listed {
  std::string config;
  std::vector<std::string> layers;
  std::string name;
};

std::optional<Listed> listed(const Json& item) {
  const auto config = string_member(item, "Config");
  const Json* layers = array_member(item, "Layers");
  if (!config || layers == nullptr || layers->size() > kManifestLayers) {
    return std::nullopt;
  }
  Listed out{*config, {}, {}};
  for (const Json& layer : *layers) {
    if (!layer.is_string()) {
      return std::nullopt;
    }
    out.layers.push_back(layer.get<std::string>());
  }
  const Json* tags = array_member(item, "RepoTags");
  if (tags != nullptr && !tags->empty() && tags->front().is_string()) {
    out.name = tags->front().get<std::string>();
  }
  return out;
}

Result<std::vector<Listed>> read_list(const std::string& text) {
  const auto root = parse_json(text);
  if (!root || !root->is_array() || root->empty()) {
    return broken("not a list of images");
  }
  std::vector<Listed> out;
  for (const Json& item : *root) {
    auto image = listed(item);
    if (!image) {
      return broken("an image without Config or Layers");
    }
    out.push_back(std::move(*image));
  }
  return out;
}

Result<void> add_image(const Listed& image, const Files& files, Files& layout) {
  const auto blob = [&](const std::string& name, std::string_view type) -> std::optional<Blob> {
    const auto found = files.find(name);
    return found == files.end() ? std::nullopt : std::optional(make_blob(found->second, type));
  };
  auto config = blob(image.config, kConfigType);
  if (!config) {
    return broken("there is no file " + image.config);
  }
  std::vector<Blob> layers;
  for (const std::string& name : image.layers) {
    const auto found = files.find(name);
    if (found == files.end()) {
      return broken("there is no file " + name);
    }
    layers.push_back(make_blob(
        found->second, found->second.starts_with(kGzipMagic) ? kPackedLayerType : kLayerType));
  }
  const Image made = make_manifest(std::move(*config), std::move(layers), {});
  for (const Blob& part : made.blobs) {
    layout[layout_blob_path(part.descriptor.digest)] = part.bytes;
  }
  layout[layout_blob_path(made.manifest_descriptor.digest)] = made.manifest;
  std::string& index = layout[std::string(kLayoutIndexFile)];
  auto text = layout_index_with(index, made.manifest_descriptor, image.name);
  if (!text) {
    return tl::unexpected(text.error());
  }
  index = std::move(*text);
  return {};
}

}  // namespace

Result<Files> read_docker_archive(std::string_view tar, size_t limit) {
  const std::string manifest_name(kManifest);
  auto first = read_files(tar, {manifest_name}, kManifestBytes);
  if (!first) {
    return first;
  }
  if (!first->contains(manifest_name)) {
    return fail(ErrorCode::NotFound,
                "archive: no image layout (oci-layout) and no image of docker save (manifest.json) "
                "in it",
                ErrorSource::Config);
  }
  const auto images = read_list(first->at(manifest_name));
  if (!images) {
    return tl::unexpected(images.error());
  }
  std::set<std::string> wanted;
  for (const Listed& image : *images) {
    wanted.insert(image.config);
    wanted.insert(image.layers.begin(), image.layers.end());
  }
  const auto files = read_files(tar, wanted, limit);
  if (!files) {
    return tl::unexpected(files.error());
  }
  Files layout;
  layout[std::string(kLayoutMarkerFile)] = layout_marker();
  for (const Listed& image : *images) {
    if (auto added = add_image(image, *files, layout); !added) {
      return tl::unexpected(added.error());
    }
  }
  return layout;
}

}  // namespace wasmgate::oci
