#pragma once
// Where an author's plug-ins lie: the folder of an SDK (plugins/wasm-cpp, plugins/wasm-rust) and
// the folder of one plug-in in its `extensions`. Found by what is in the folders, upwards from a
// starting point, so that the tools work from anywhere in a tree.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace wasmgate::author {

enum class Language : uint8_t { Cpp, Rust };

/// "cpp", "rust".
std::string_view to_string(Language language);
std::optional<Language> parse_language(std::string_view word);

struct Sdk {
  Language language = Language::Cpp;
  std::string folder;  // absolute
};

/// True when `path` (absolute) is the SDK's folder or lies in it.
bool lies_in(const std::string& path, const Sdk& sdk);

struct PluginFolder {
  Sdk sdk;
  std::string name;    // of the folder: "request_block"
  std::string folder;  // absolute

  std::string module() const { return folder + "/plugin.wasm"; }
};

/// The SDK that `start` (absolute, need not exist) lies in, or that lies beside it in a repository:
/// each folder upwards is looked at, and in it `plugins/wasm-<language>` and `wasm-<language>`.
std::optional<Sdk> find_sdk(const std::string& start, Language language);

/// A plug-in by the path of its folder or of a file in it ("." too), or by its name when `path` is
/// no folder and has no slash: `-` and
/// `_` are the same in names, and inside an SDK's folder names mean its plug-ins. `start`:
/// absolute, where names and relative paths begin. Errors: NotFound, which says where was looked;
/// Refused for a name that both languages have.
Result<PluginFolder> find_plugin(const std::string& path, const std::string& start);

/// True when `a` and `b` are the same name, with `-` for `_`.
bool same_name(std::string_view a, std::string_view b);

/// The case files of a plug-in, sorted: cases/*.yaml in its folder, and those of that name beside
/// the SDK (../cases/<name>/*.yaml).
std::vector<std::string> case_files(const PluginFolder& plugin);

}  // namespace wasmgate::author
