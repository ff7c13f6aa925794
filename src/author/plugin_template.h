#pragma once
// What `wasmgate new` writes: the files of plugins/templates, embedded into this binary by the
// build (cmake/EmbedFiles.cmake).
//
// plugins/templates/<template>/ holds README.md, spec.yaml and cases/ of a template, and its
// sources in cpp/ and rust/; plugins/templates/common/<language>/ what every plug-in of a language
// has, and project/ what one outside an SDK's folder has besides ("dot." at the start of a name
// stands for "."). In texts and file names @name@ stands for the plug-in's name, @title@ for its
// words ("My Plugin"), @Class@ for them as one ("MyPlugin"), @sdk@ for the path to the SDK.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "author/plugin_folder.h"

namespace wasmgate::author {

struct EmbeddedFile {
  std::string_view path;  // below plugins/templates
  std::string_view text;
};

/// Every embedded file. Defined in the source that the build generates.
std::span<const EmbeddedFile> embedded_files();

/// The templates, with one line each on what they show. In the order in which they are told.
struct TemplateInfo {
  std::string_view name;
  std::string_view about;
};
std::span<const TemplateInfo> templates();

struct NewFile {
  std::string path;  // relative to the plug-in's folder
  std::string text;
};

/// Where a plug-in lies.
enum class Place : uint8_t {
  Extensions,  // of an SDK's folder
  Project,     // a folder of its own, with a link to the SDK
};

/// The files of a new plug-in. `name`: one that `check_name` accepts; `files`: embedded_files() but
/// in tests.
std::vector<NewFile> instantiate(std::string_view template_name, Language language,
                                 std::string_view name, Place place,
                                 std::span<const EmbeddedFile> files);

/// Why `name` cannot be a plug-in's: empty when it can. Lower-case letters, digits, `-` and `_`
/// between them, a letter first, at most 63 characters; for Rust no word of the language or of its
/// libraries.
std::string check_name(std::string_view name, Language language);

/// "my_plugin" to "My Plugin"; to "MyPlugin" without `between`.
std::string title_of(std::string_view name, std::string_view between);

}  // namespace wasmgate::author
