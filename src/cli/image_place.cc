#include "cli/image_place.h"

#include <filesystem>

#include "oci/cosign.h"
#include "oci/image_layout.h"
#include "oci/media_types.h"

namespace wasmgate::cli {
namespace {

namespace fs = std::filesystem;
using Kind = PlaceName::Kind;

bool has_registry_host(const std::string& word) {
  const std::string host = word.substr(0, word.find('/'));
  return host == "localhost" || host.find(':') != std::string::npos ||
         (host.find('.') != std::string::npos && !host.starts_with('.'));
}

Kind kind_of_path(const std::string& path) {
  std::error_code error;
  if (path.ends_with(".wasm")) {
    return Kind::Module;
  }
  if (path.ends_with(".tar")) {
    return Kind::Archive;
  }
  const bool plugin =
      fs::exists(fs::path(path) / "plugin.wasm", error) && !artifact::LayoutFolder(path).exists();
  return plugin ? Kind::Module : Kind::Folder;
}

// What people call a blob of this type.
std::string label_of(const oci::Descriptor& descriptor) {
  const auto title = descriptor.annotations.find("org.opencontainers.image.title");
  if (title != descriptor.annotations.end()) {
    return title->second;
  }
  const std::string& type = descriptor.media_type;
  const std::pair<std::string_view, const char*> names[] = {
      {oci::media::kManifest, "manifest"},
      {oci::media::kDockerManifest, "manifest"},
      {oci::media::kIndex, "index"},
      {oci::media::kDockerIndex, "index"},
      {oci::media::kImageConfig, "description"},
      {oci::media::kCncfConfig, "description"},
      {oci::media::kLayerTarGzip, "layer"},
      {oci::media::kDockerLayer, "layer"},
      {oci::media::kCncfWasm, "plugin.wasm"},
      {oci::media::kWasmContent, "plugin.wasm"},
      {oci::media::kSimpleSigning, "signature"}};
  for (const auto& [media_type, name] : names) {
    if (type == media_type) {
      return name;
    }
  }
  return type;
}

// Makes room for a layout of one image: an older layout goes, other files are never touched.
Result<void> clear_layout(const std::string& path) {
  std::error_code error;
  if (!fs::exists(path, error) || fs::is_empty(path, error)) {
    return {};
  }
  if (!artifact::LayoutFolder(path).exists()) {
    return fail(ErrorCode::AlreadyExists, path + ": is there, and is no image layout",
                ErrorSource::Config);
  }
  for (const char* part : {"blobs", "index.json", "oci-layout"}) {
    if (fs::remove_all(fs::path(path) / part, error); error) {
      return fail(ErrorCode::Refused, path + "/" + part + ": " + error.message(),
                  ErrorSource::Config);
    }
  }
  return {};
}

// Under which name a layout keeps what came from `source`.
Result<void> put_into_folder(const ImageSource& source, artifact::LayoutFolder& folder,
                             const artifact::Progress& progress) {
  auto copied =
      artifact::copy_image(source.end(), source.reference(), folder, source.reference(), progress);
  if (!copied) {
    return tl::unexpected(copied.error());
  }
  return folder.put_named(source.name().empty() ? "latest" : source.name(), source.top());
}

// The name of a signature beside an image called `name`.
std::string name_beside(const std::string& name, const std::string& tag) {
  const auto reference = oci::parse_reference(name);
  return reference ? reference->with_tag(tag).to_string() : tag;
}

// Signatures are looked for under their tag; an image without one is as good.
Result<bool> copy_signatures(const ImageSource& source, artifact::ImageEnd& to,
                             artifact::LayoutFolder* folder, const oci::Reference& target,
                             const artifact::Progress& progress) {
  const std::string tag = oci::signature_tag(source.top().digest);
  auto found = source.beside(tag);
  if (!found) {
    return found.error().code == ErrorCode::NotFound ? Result<bool>(false)
                                                     : tl::unexpected(found.error());
  }
  const oci::Reference from = source.reference().at(found->digest);
  const oci::Reference at = folder != nullptr ? from : target.with_tag(tag);
  if (auto copied = artifact::copy_image(source.end(), from, to, at, progress); !copied) {
    return tl::unexpected(copied.error());
  }
  if (folder != nullptr) {
    if (auto named = folder->put_named(name_beside(source.name(), tag), *found); !named) {
      return tl::unexpected(named.error());
    }
  }
  return true;
}

Result<Transferred> into_folder(const ImageSource& source, const std::string& path,
                                const artifact::Progress& progress) {
  artifact::LayoutFolder folder(path);
  if (auto put = put_into_folder(source, folder, progress); !put) {
    return tl::unexpected(put.error());
  }
  auto with = copy_signatures(source, folder, &folder, {}, progress);
  if (!with) {
    return tl::unexpected(with.error());
  }
  return Transferred{path, source.top().digest, *with};
}

Result<Transferred> into_archive(const ImageSource& source, const std::string& path,
                                 const artifact::Progress& progress) {
  artifact::ScratchFolder scratch;
  if (auto made = scratch.open(); !made) {
    return tl::unexpected(made.error());
  }
  auto done = into_folder(source, scratch.path(), progress);
  if (!done) {
    return done;
  }
  if (auto packed = artifact::pack_layout(scratch.path(), path); !packed) {
    return tl::unexpected(packed.error());
  }
  done->reference = path;
  return done;
}

Result<Transferred> into_registry(const ImageSource& source, oci::Reference target,
                                  artifact::RegistryClient& registry,
                                  const artifact::Progress& progress) {
  if (target.digest && *target.digest != source.top().digest) {
    return fail(
        ErrorCode::InvalidArgument,
        target.to_string() + ": the image has another digest, " + source.top().digest.to_string(),
        ErrorSource::Config);
  }
  if (target.tag.empty() && !target.digest) {
    target.tag = "latest";
  }
  auto copied = artifact::copy_image(source.end(), source.reference(), registry, target, progress);
  if (!copied) {
    return tl::unexpected(copied.error());
  }
  auto with = copy_signatures(source, registry, nullptr, target, progress);
  if (!with) {
    return tl::unexpected(with.error());
  }
  target.digest = *copied;
  return Transferred{target.to_string(), *copied, *with};
}

}  // namespace

std::string PlaceName::text() const {
  return kind == Kind::Registry ? "oci://" + reference.to_string() : path;
}

Result<PlaceName> parse_registry_place(const std::string& word) {
  auto reference = oci::parse_reference(word);
  if (!reference) {
    return tl::unexpected(reference.error());
  }
  return PlaceName{Kind::Registry, "", std::move(*reference)};
}

Result<PlaceName> parse_place(const std::string& word) {
  std::error_code error;
  const bool scheme = word.find("://") != std::string::npos;
  if (scheme || (has_registry_host(word) && !fs::exists(word, error))) {
    if (scheme || oci::parse_reference(word)) {
      return parse_registry_place(word);
    }
  }
  if (word.empty()) {
    return fail(ErrorCode::InvalidArgument, "an empty word names no place of images",
                ErrorSource::Config);
  }
  return PlaceName{kind_of_path(word), word, {}};
}

std::vector<std::string> hosts_of(const std::vector<PlaceName>& places) {
  std::vector<std::string> out;
  for (const PlaceName& place : places) {
    if (place.kind == Kind::Registry) {
      out.push_back(place.reference.host);
    }
  }
  return out;
}

Result<ImageSource> ImageSource::open(const PlaceName& place, artifact::RegistryClient& registry) {
  ImageSource out;
  out.end_ = &registry;
  out.reference_ = place.reference;
  out.name_ = place.reference.to_string();
  auto top = registry.manifest(place.reference);
  if (!top) {
    return tl::unexpected(top.error());
  }
  out.top_ = std::move(*top);
  return out;
}

Result<ImageSource> ImageSource::open(const PlaceName& place, const std::string& image,
                                      RegistrySession& session) {
  if (place.kind == Kind::Registry) {
    return open(place, session.registry());
  }
  ImageSource out;
  std::string path = place.path;
  if (place.kind == Kind::Archive) {
    out.scratch_ = std::make_unique<artifact::ScratchFolder>();
    if (auto made = out.scratch_->open(); !made) {
      return tl::unexpected(made.error());
    }
    if (auto unpacked = artifact::unpack_layout(place.path, out.scratch_->path()); !unpacked) {
      return tl::unexpected(unpacked.error());
    }
    path = out.scratch_->path();
  }
  out.folder_ = std::make_unique<artifact::LayoutFolder>(path);
  out.end_ = out.folder_.get();
  auto entry = out.folder_->entry(image);
  auto top = entry ? out.folder_->find(image) : tl::unexpected(entry.error());
  if (!top) {
    return tl::unexpected(top.error());
  }
  out.top_ = std::move(*top);
  out.name_ = oci::layout_name(*entry);
  return out;
}

Result<ImageSource> ImageSource::from_image(const oci::Image& image) {
  ImageSource out;
  out.scratch_ = std::make_unique<artifact::ScratchFolder>();
  if (auto made = out.scratch_->open(); !made) {
    return tl::unexpected(made.error());
  }
  out.folder_ = std::make_unique<artifact::LayoutFolder>(out.scratch_->path());
  out.end_ = out.folder_.get();
  const auto silent = [](const oci::Descriptor&, bool) {};
  const oci::Reference by_digest = oci::Reference{}.at(image.manifest_descriptor.digest);
  if (auto put = artifact::put_image(*out.folder_, by_digest, image, silent); !put) {
    return tl::unexpected(put.error());
  }
  out.top_ = {image.manifest, image.manifest_descriptor.media_type,
              image.manifest_descriptor.digest};
  return out;
}

Result<artifact::FetchedManifest> ImageSource::beside(const std::string& tag) const {
  return folder_ == nullptr ? end_->manifest(reference_.with_tag(tag)) : folder_->find(tag);
}

Result<Transferred> transfer_image(const ImageSource& source, const PlaceName& target,
                                   RegistrySession& session, Progress& progress) {
  const artifact::Progress steps = steps_of(progress);
  switch (target.kind) {
    case Kind::Registry:
      return into_registry(source, target.reference, session.registry(), steps);
    case Kind::Folder:
      return into_folder(source, target.path, steps);
    case Kind::Archive:
      return into_archive(source, target.path, steps);
    case Kind::Module:
      break;
  }
  return fail(ErrorCode::InvalidArgument,
              target.path + ": an image cannot be copied into a module; use pull",
              ErrorSource::Config);
}

Result<void> write_layout(const oci::Image& image, const std::string& name,
                          const PlaceName& target) {
  artifact::ScratchFolder scratch;
  const bool archive = target.kind == Kind::Archive;
  if (auto made = archive ? scratch.open() : clear_layout(target.path); !made) {
    return made;
  }
  artifact::LayoutFolder folder(archive ? scratch.path() : target.path);
  const auto silent = [](const oci::Descriptor&, bool) {};
  const oci::Descriptor& manifest = image.manifest_descriptor;
  if (auto put = artifact::put_image(folder, oci::Reference{}.at(manifest.digest), image, silent);
      !put) {
    return put;
  }
  if (auto named = folder.put_named(name, {image.manifest, manifest.media_type, manifest.digest});
      !named) {
    return named;
  }
  return archive ? artifact::pack_layout(scratch.path(), target.path) : Result<void>{};
}

artifact::Progress steps_of(Progress& progress) {
  return [&progress](const oci::Descriptor& descriptor, bool was_there) {
    progress.step(label_of(descriptor) + " " + size_text(descriptor.size) +
                  (was_there ? ", was there" : ""));
  };
}

}  // namespace wasmgate::cli
