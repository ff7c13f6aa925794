#include "oci/image_layout.h"

#include <set>

#include "oci/docker_archive.h"
#include "oci/json.h"
#include "oci/media_types.h"
#include "oci/tar_reader.h"

namespace wasmgate::oci {
namespace {

constexpr const char* kRefName = "org.opencontainers.image.ref.name";
constexpr const char* kImageName = "io.containerd.image.name";

// The tag of a full reference ("host/repo:tag"), or the text itself.
std::string tag_of(const std::string& name) {
  const size_t slash = name.rfind('/');
  const size_t colon = name.rfind(':');
  const bool has_tag = colon != std::string::npos && (slash == std::string::npos || colon > slash);
  return has_tag ? name.substr(colon + 1) : name;
}

// "sha256-<hex>.sig": a signature beside an image.
bool is_signature_tag(const std::string& tag) {
  return tag.size() == 75 && tag.starts_with("sha256-") && tag.ends_with(".sig");
}

constexpr size_t kArchiveEntries = 4096;

std::string value_of(const std::map<std::string, std::string>& annotations, const char* key) {
  const auto found = annotations.find(key);
  return found == annotations.end() ? "" : found->second;
}

}  // namespace

std::string layout_marker() { return to_text({{"imageLayoutVersion", "1.0.0"}}); }

Result<void> check_layout_marker(std::string_view text) {
  const auto root = parse_json(text);
  const auto version = root ? string_member(*root, "imageLayoutVersion") : std::nullopt;
  if (!version) {
    return fail(ErrorCode::Protocol, "oci-layout: no imageLayoutVersion", ErrorSource::Config);
  }
  if (!version->starts_with("1.")) {
    return fail(ErrorCode::Unsupported, "oci-layout: version " + *version + " is not supported",
                ErrorSource::Config);
  }
  return {};
}

std::string layout_blob_path(const Digest& digest) { return "blobs/sha256/" + digest.hex; }

bool is_layout_file(std::string_view name) {
  return name == kLayoutMarkerFile || name == kLayoutIndexFile ||
         (name.size() == 77 && name.starts_with("blobs/sha256/"));
}

std::string layout_name(const Descriptor& entry) {
  const std::string full = value_of(entry.annotations, kImageName);
  return full.empty() ? value_of(entry.annotations, kRefName) : full;
}

Result<std::string> layout_index_with(std::string_view index_text, const Descriptor& manifest,
                                      const std::string& name) {
  Json root = {{"schemaVersion", 2}, {"mediaType", media::kIndex}, {"manifests", Json::array()}};
  if (!index_text.empty()) {
    auto known = read_document(index_text, "");
    if (!known) {
      return tl::unexpected(known.error());
    }
    if (!std::holds_alternative<Index>(*known)) {
      return fail(ErrorCode::Protocol, "index.json: not an index", ErrorSource::Config);
    }
    root = *parse_json(index_text);
  }
  Json kept = Json::array();
  const std::string tag = tag_of(name);
  for (const Json& entry : root["manifests"]) {
    const Json* notes = object_member(entry, "annotations");
    const std::string entry_tag =
        notes != nullptr ? string_member(*notes, kRefName).value_or("") : "";
    const std::string entry_name =
        notes != nullptr ? string_member(*notes, kImageName).value_or("") : "";
    const bool same = entry_name.empty() || tag == name ? entry_tag == tag : entry_name == name;
    if (!same) {
      kept.push_back(entry);
    }
  }
  Json entry = {{"mediaType", manifest.media_type},
                {"digest", manifest.digest.to_string()},
                {"size", manifest.size}};
  entry["annotations"][kRefName] = tag;
  if (tag != name) {
    entry["annotations"][kImageName] = name;
  }
  kept.push_back(std::move(entry));
  root["manifests"] = std::move(kept);
  return to_text(root);
}

Result<Descriptor> layout_find(std::string_view index_text, const std::string& name) {
  auto document = read_document(index_text, "");
  if (!document) {
    return tl::unexpected(document.error());
  }
  const auto* index = std::get_if<Index>(&*document);
  if (index == nullptr) {
    return fail(ErrorCode::Protocol, "index.json: not an index", ErrorSource::Config);
  }
  std::string names;
  std::set<std::string> digests;
  const Descriptor* found = nullptr;
  for (const IndexEntry& entry : index->manifests) {
    const std::string tag = value_of(entry.descriptor.annotations, kRefName);
    const std::string full = value_of(entry.descriptor.annotations, kImageName);
    if ((name.empty() && !is_signature_tag(tag)) || name == tag || name == full ||
        name == entry.descriptor.digest.to_string()) {
      found = &entry.descriptor;
      digests.insert(entry.descriptor.digest.hex);
    }
    names += (names.empty() ? "" : ", ") + layout_name(entry.descriptor);
  }
  if (found == nullptr || digests.size() > 1) {
    return fail(
        ErrorCode::NotFound,
        (found == nullptr ? "no image \"" + name + "\"" : std::string("several images; name one")) +
            " in this layout; it has: " + (names.empty() ? "none" : names),
        ErrorSource::Config);
  }
  return *found;
}

Result<std::map<std::string, std::string>> read_layout_archive(std::string_view tar) {
  auto reader = TarReader::open(tar, "archive");
  if (!reader) {
    return tl::unexpected(reader.error());
  }
  std::map<std::string, std::string> out;
  size_t left = kLayoutArchiveBytes;
  while (true) {
    auto entry = reader->next(kArchiveEntries);
    if (!entry) {
      return tl::unexpected(entry.error());
    }
    if (!*entry) {
      break;
    }
    if (!(*entry)->regular || !is_layout_file((*entry)->path)) {
      continue;
    }
    auto bytes = reader->data((*entry)->path, left);
    if (!bytes) {
      return tl::unexpected(bytes.error());
    }
    left -= bytes->size();
    out[(*entry)->path] = std::move(*bytes);
  }
  if (!out.contains(std::string(kLayoutMarkerFile))) {
    return read_docker_archive(tar, kLayoutArchiveBytes);
  }
  return out;
}

}  // namespace wasmgate::oci
