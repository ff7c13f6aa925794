#include "author/plugin_folder.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "author/child_process.h"

namespace wasmgate::author {
namespace {

namespace fs = std::filesystem;

constexpr Language kLanguages[] = {Language::Cpp, Language::Rust};

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

bool is_sdk(const fs::path& folder, Language language) {
  const char* own =
      language == Language::Cpp ? "common/proxy_wasm_intrinsics.h" : "vendor/proxy-wasm/Cargo.toml";
  return is_there(folder / "Makefile") && is_there(folder / own);
}

fs::path sdk_name(Language language) { return "wasm-" + std::string(to_string(language)); }

fs::path absolute(const std::string& path, const std::string& start) {
  std::error_code error;
  const fs::path joined = fs::path(start) / path;
  const fs::path real = fs::weakly_canonical(joined, error);
  return error ? joined.lexically_normal() : real;
}

// The plug-in that `path` lies in: the folder below an SDK's `extensions`.
std::optional<PluginFolder> enclosing_plugin(const fs::path& path) {
  for (fs::path at = path; at.has_relative_path(); at = at.parent_path()) {
    if (at.parent_path().filename() != "extensions" || !fs::is_directory(at)) {
      continue;
    }
    const fs::path sdk = at.parent_path().parent_path();
    for (const Language language : kLanguages) {
      if (is_sdk(sdk, language)) {
        return PluginFolder{{language, sdk.string()}, at.filename().string(), at.string()};
      }
    }
  }
  return std::nullopt;
}

// The SDK of a language in a folder: the folder itself, or where repositories and packages have it.
std::optional<Sdk> sdk_in(const fs::path& folder, Language language) {
  const fs::path name = sdk_name(language);
  for (const fs::path& place :
       {folder, folder / "plugins" / name, folder / name, folder / "share/wasmgate" / name}) {
    if (is_sdk(place, language)) {
      return Sdk{language, place.string()};
    }
  }
  return std::nullopt;
}

std::optional<Language> language_of_project(const fs::path& folder) {
  if (!is_there(folder / "spec.yaml")) {
    return std::nullopt;
  }
  return is_there(folder / "Cargo.toml")  ? std::optional(Language::Rust)
         : is_there(folder / "plugin.cc") ? std::optional(Language::Cpp)
                                          : std::nullopt;
}

Result<Sdk> sdk_of_project(const fs::path& folder, Language language, const SdkPlaces& places) {
  if (places.named.empty()) {
    std::error_code error;
    const fs::path linked = fs::canonical(folder / kSdkLink, error);
    if (!error && is_sdk(linked, language)) {
      return Sdk{language, linked.string()};
    }
    if (auto around = find_sdk(folder.string(), language)) {
      return *around;
    }
  }
  return find_shipped_sdk(places, language);
}

// The project that `path` lies in; nothing when it lies in none.
std::optional<Result<PluginFolder>> enclosing_project(const fs::path& path,
                                                      const SdkPlaces& places) {
  for (fs::path at = path; at.has_relative_path(); at = at.parent_path()) {
    if (const auto language = language_of_project(at)) {
      const auto sdk = sdk_of_project(at, *language, places);
      if (!sdk) {
        return Result<PluginFolder>(tl::unexpected(sdk.error()));
      }
      return PluginFolder{*sdk, at.filename().string(), at.string(), true};
    }
  }
  return std::nullopt;
}

std::optional<PluginFolder> named_plugin(const Sdk& sdk, const std::string& name) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(fs::path(sdk.folder) / "extensions", error)) {
    const std::string found = entry.path().filename().string();
    if (entry.is_directory(error) && same_name(found, name)) {
      return PluginFolder{sdk, found, entry.path().string()};
    }
  }
  return std::nullopt;
}

// Where a name means a plug-in: the SDK that `start` lies in, else every one that is found from
// there.
std::vector<Sdk> sdks_around(const std::string& start) {
  std::vector<Sdk> out;
  for (const Language language : kLanguages) {
    if (const auto sdk = find_sdk(start, language)) {
      if (lies_in(start, *sdk)) {
        return {*sdk};
      }
      out.push_back(*sdk);
    }
  }
  return out;
}

void add_yaml_files(const fs::path& folder, std::vector<std::string>& out) {
  std::vector<std::string> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".yaml") {
      found.push_back(entry.path().string());
    }
  }
  std::sort(found.begin(), found.end());
  out.insert(out.end(), found.begin(), found.end());
}

}  // namespace

std::string_view to_string(Language language) { return language == Language::Cpp ? "cpp" : "rust"; }

std::optional<Language> parse_language(std::string_view word) {
  for (const Language language : kLanguages) {
    if (to_string(language) == word) {
      return language;
    }
  }
  return std::nullopt;
}

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return (x == '_' ? '-' : x) == (y == '_' ? '-' : y); });
}

bool lies_in(const std::string& path, const Sdk& sdk) {
  return path == sdk.folder || path.starts_with(sdk.folder + "/");
}

std::optional<Sdk> find_sdk(const std::string& start, Language language) {
  for (fs::path at = fs::path(start).lexically_normal();; at = at.parent_path()) {
    if (auto found = sdk_in(at, language)) {
      return found;
    }
    if (!at.has_relative_path()) {
      return std::nullopt;
    }
  }
}

SdkPlaces sdk_places(const std::string& named) {
  const char* variable = std::getenv("WASMGATE_SDK");
  const std::string fallback = variable == nullptr ? "" : variable;
  return {named.empty() ? fallback : named, fs::path(own_program()).parent_path().string()};
}

Result<Sdk> find_shipped_sdk(const SdkPlaces& places, Language language) {
  const std::string word(to_string(language));
  if (!places.named.empty()) {
    std::error_code error;
    const fs::path named = fs::weakly_canonical(places.named, error);
    if (auto found = sdk_in(named, language)) {
      return *found;
    }
    return fail(ErrorCode::NotFound, named.string() + " has no SDK for " + word);
  }
  if (auto found = find_sdk(places.program, language)) {
    return *found;
  }
  return fail(ErrorCode::NotFound, "no SDK for " + word + " beside " + places.program +
                                       ": name its folder with --sdk or WASMGATE_SDK");
}

Result<void> link_sdk(const PluginFolder& plugin) {
  if (!plugin.is_project) {
    return {};
  }
  const fs::path link = fs::path(plugin.folder) / kSdkLink;
  std::error_code error;
  if (fs::read_symlink(link, error) == plugin.sdk.folder) {
    return {};
  }
  error.clear();
  if (fs::is_symlink(link, error)) {
    fs::remove(link, error);
  }
  fs::create_directory_symlink(plugin.sdk.folder, link, error);
  if (error) {
    return fail(ErrorCode::Refused, link.string() + ": " + error.message());
  }
  return {};
}

Result<PluginFolder> find_plugin(const std::string& path, const std::string& start,
                                 const SdkPlaces& places) {
  const fs::path place = absolute(path, start);
  if (is_there(place)) {
    if (auto found = enclosing_plugin(place)) {
      return *found;
    }
    if (auto project = enclosing_project(place, places)) {
      return *project;
    }
  }
  std::optional<PluginFolder> named;
  if (path.find('/') == std::string::npos && path != "." && path != "..") {
    for (const Sdk& sdk : sdks_around(start)) {
      auto found = named_plugin(sdk, path);
      if (found && named) {
        return fail(ErrorCode::Refused, "both languages have a plug-in \"" + path +
                                            "\": name its folder, " + named->folder + " or " +
                                            found->folder);
      }
      named = found ? found : named;
    }
  }
  if (named) {
    return *named;
  }
  return fail(ErrorCode::NotFound,
              place.string() +
                  " is no plug-in: it does not lie in `extensions` of plugins/wasm-cpp or "
                  "plugins/wasm-rust, nor in a folder that has spec.yaml and plugin.cc or "
                  "Cargo.toml" +
                  (path.find('/') == std::string::npos ? ", and no plug-in has that name" : ""));
}

std::vector<std::string> case_files(const PluginFolder& plugin) {
  std::vector<std::string> out;
  add_yaml_files(fs::path(plugin.folder) / "cases", out);
  if (plugin.is_project) {
    return out;
  }
  std::string hyphens = plugin.name;
  std::replace(hyphens.begin(), hyphens.end(), '_', '-');
  add_yaml_files(fs::path(plugin.sdk.folder).parent_path() / "cases" / hyphens, out);
  return out;
}

}  // namespace wasmgate::author
