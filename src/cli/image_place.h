#pragma once
// A word of the command line that names a place of images: a reference into a registry, an
// image-layout folder, such a folder as one tar file, or a module that becomes an image on the way.

#include <memory>
#include <string>

#include "artifact/image_transfer.h"
#include "artifact/layout_archive.h"
#include "artifact/layout_folder.h"
#include "cli/progress.h"
#include "cli/registry_session.h"

namespace wasmgate::cli {

struct PlaceName {
  enum class Kind : uint8_t { Registry, Folder, Archive, Module };
  Kind kind = Kind::Registry;
  std::string path;          // all but Registry
  oci::Reference reference;  // Registry

  /// As messages and results show it.
  std::string text() const;
};

/// "oci://…" is a registry, also without the scheme when it has a registry's host and no such path
/// exists. Else a path: *.wasm and a folder with plugin.wasm but no layout are Module, *.tar is
/// Archive. Errors: InvalidArgument.
Result<PlaceName> parse_place(const std::string& word);

/// A reference only. Errors: InvalidArgument, Unsupported.
Result<PlaceName> parse_registry_place(const std::string& word);

/// The registries among these, for RegistrySession.
std::vector<std::string> hosts_of(const std::vector<PlaceName>& places);

/// An image that can be read: where it is, and which.
class ImageSource {
 public:
  /// `image`: which image of a layout; empty: the only one. Lifetime: the session outlives it.
  /// Errors: those of the place.
  static Result<ImageSource> open(const PlaceName& place, const std::string& image,
                                  RegistrySession& session);
  /// Of a registry, as somebody else. Lifetime: the client outlives it.
  static Result<ImageSource> open(const PlaceName& place, artifact::RegistryClient& registry);
  /// An image that stands in a folder of its own for the time of a transfer.
  static Result<ImageSource> from_image(const oci::Image& image);

  artifact::ImageEnd& end() const { return *end_; }
  const artifact::FetchedManifest& top() const { return top_; }
  /// By digest.
  oci::Reference reference() const { return reference_.at(top_.digest); }
  /// What it is called here: a full reference, a tag, or nothing.
  const std::string& name() const { return name_; }
  /// What else lies beside the image, a signature for example. Errors: NotFound.
  Result<artifact::FetchedManifest> beside(const std::string& tag) const;

 private:
  std::unique_ptr<artifact::ScratchFolder> scratch_;
  std::unique_ptr<artifact::LayoutFolder> folder_;
  artifact::ImageEnd* end_ = nullptr;
  oci::Reference reference_;
  artifact::FetchedManifest top_;
  std::string name_;
};

struct Transferred {
  std::string reference;  // the image where it is now, with digest when in a registry
  oci::Digest digest;
  bool with_signatures = false;
};

/// Copies the image, and its signatures, to `target` (not a Module). In a layout it gets the name
/// it had. Errors: those of both ends; InvalidArgument when `target` asks for another digest.
Result<Transferred> transfer_image(const ImageSource& source, const PlaceName& target,
                                   RegistrySession& session, Progress& progress);

/// Writes a layout that holds this image alone, in place of an older layout. Errors: AlreadyExists
/// when `target` is there and is something else; Refused.
Result<void> write_layout(const oci::Image& image, const std::string& name,
                          const PlaceName& target);

/// Tells each blob as a step.
artifact::Progress steps_of(Progress& progress);

}  // namespace wasmgate::cli
