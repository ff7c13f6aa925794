#pragma once
// Where an author's plug-ins lie: the folder of an SDK (plugins/wasm-cpp, plugins/wasm-rust) with
// plug-ins in its `extensions`, or a project, a folder of its own anywhere with `.sdk`, a link to
// the SDK. Found by what is in the folders, upwards from a starting point, so that the tools work
// from anywhere in a tree.

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

/// A project's link to its SDK.
inline constexpr const char* kSdkLink = ".sdk";

struct PluginFolder {
  Sdk sdk;
  std::string name;         // of the folder: "request_block"
  std::string folder;       // absolute
  bool is_project = false;  // it does not lie in the SDK's extensions

  std::string module() const { return folder + "/plugin.wasm"; }
};

/// The SDK that `start` (absolute, need not exist) lies in, or that lies beside it in a repository:
/// each folder upwards is looked at, and in it `plugins/wasm-<language>` and `wasm-<language>`.
std::optional<Sdk> find_sdk(const std::string& start, Language language);

/// Where SDKs lie that no tree around the author's files has.
struct SdkPlaces {
  std::string named;    // by the author: an SDK's folder, or one that has it; empty: not named
  std::string program;  // the folder of this binary, beside or above which an SDK is shipped
};

/// `named`, else what WASMGATE_SDK says, and this binary's folder.
SdkPlaces sdk_places(const std::string& named);

/// The SDK that is named, else the one shipped with the binary. Errors: NotFound, which says where
/// was looked.
Result<Sdk> find_shipped_sdk(const SdkPlaces& places, Language language);

/// Makes the link of a project, or turns it to another SDK; others need none. Errors: Refused with
/// the system's text.
Result<void> link_sdk(const PluginFolder& plugin);

/// A plug-in by the path of its folder or of a file in it ("." too), or by its name when `path` is
/// no folder and has no slash: `-` and
/// `_` are the same in names, and inside an SDK's folder names mean its plug-ins. `start`:
/// absolute, where names and relative paths begin. Errors: NotFound, which says where was looked;
/// Refused for a name that both languages have. A project's SDK is the one that is named, else the
/// one of its link, else one around it, else the shipped one.
Result<PluginFolder> find_plugin(const std::string& path, const std::string& start,
                                 const SdkPlaces& places = sdk_places(""));

/// True when `a` and `b` are the same name, with `-` for `_`.
bool same_name(std::string_view a, std::string_view b);

/// The case files of a plug-in, sorted: cases/*.yaml in its folder, and, unless it is a project,
/// those of that name beside the SDK (../cases/<name>/*.yaml).
std::vector<std::string> case_files(const PluginFolder& plugin);

}  // namespace wasmgate::author
