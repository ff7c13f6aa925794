#pragma once
// Changes to a folder of resources as changes of its files: which document of which file is the
// resource, and what the file's text is without it or with another in its place. Pure; the rest of
// a file stays byte for byte.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/load.h"

namespace wasmgate::server {

/// What makes two documents the same resource.
struct ResourceId {
  std::string kind;   // lower-case: "wasmplugin"
  std::string space;  // namespace
  std::string name;

  /// "wasmplugin/higress-system/request-block".
  std::string to_string() const { return kind + "/" + space + "/" + name; }
  friend bool operator==(const ResourceId&, const ResourceId&) = default;
};

/// The namespace of a resource of this kind that names none.
std::string default_namespace(const std::string& kind);

struct FileEdit {
  std::string path;
  std::optional<std::string> text;  // nothing: the file goes
};

struct Edits {
  std::vector<FileEdit> files;
  std::vector<std::string> resources;  // "wasmplugin/…: created", "…: changed", "…: unchanged"
};

/// Each document of `text` in place of the one of the same resource, or in a new file of `folder`.
/// `files`: the folder's. Errors: InvalidArgument (no YAML, a document without kind or name, none
/// at all), AlreadyExists (a resource stands in two files).
Result<Edits> edits_to_apply(const std::vector<config::SourceText>& files,
                             const std::string& folder, const std::string& text);

/// Errors: NotFound, AlreadyExists (as above).
Result<Edits> edits_to_delete(const std::vector<config::SourceText>& files, const ResourceId& id);

/// The files as they will be.
std::vector<config::SourceText> with_edits(std::vector<config::SourceText> files,
                                           const std::vector<FileEdit>& edits);

}  // namespace wasmgate::server
