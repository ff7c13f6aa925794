#include <filesystem>

#include "author/plugin_template.h"
#include "cli/commands.h"
#include "cli/exit_codes.h"
#include "server/file_io.h"

namespace wasmgate::cli {
namespace {

namespace fs = std::filesystem;

constexpr author::Language kLanguages[] = {author::Language::Cpp, author::Language::Rust};

// The language that is asked for, else the one whose SDK `start` lies in.
std::optional<author::Language> language_of(const NewOptions& options, const std::string& start) {
  if (!options.language.empty()) {
    return author::parse_language(options.language);
  }
  for (const author::Language language : kLanguages) {
    const auto sdk = author::find_sdk(start, language);
    if (sdk && author::lies_in(start, *sdk)) {
      return language;
    }
  }
  return std::nullopt;
}

// A plug-in of that name, with `-` and `_` as the same.
std::string existing(const std::string& extensions, const std::string& name) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(extensions, error)) {
    if (author::same_name(entry.path().filename().string(), name)) {
      return entry.path().string();
    }
  }
  return "";
}

Result<void> write_files(const std::string& folder, const std::vector<author::NewFile>& files) {
  for (const author::NewFile& file : files) {
    const fs::path path = fs::path(folder) / file.path;
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    if (error) {
      return fail(ErrorCode::Refused, path.parent_path().string() + ": " + error.message());
    }
    if (auto written = server::write_file_atomically(path.string(), file.text, 0644); !written) {
      return written;
    }
  }
  return {};
}

// Where the new plug-in goes: an SDK that `start` lies in or that lies beside it takes it into its
// extensions; elsewhere, or when an SDK is named, it becomes a project of its own.
Result<author::PluginFolder> place_of(const NewOptions& options, author::Language language,
                                      const std::string& start) {
  if (options.sdk.empty()) {
    if (const auto sdk = author::find_sdk(start, language)) {
      return author::PluginFolder{*sdk, options.name, sdk->folder + "/extensions/" + options.name};
    }
  }
  const auto sdk = author::find_shipped_sdk(author::sdk_places(options.sdk), language);
  if (!sdk) {
    return tl::unexpected(sdk.error());
  }
  return author::PluginFolder{*sdk, options.name, (fs::path(start) / options.name).string(), true};
}

Result<std::vector<author::NewFile>> write_plugin(const NewOptions& options,
                                                  const author::PluginFolder& plugin) {
  const fs::path parent = fs::path(plugin.folder).parent_path();
  if (const std::string there = existing(parent.string(), plugin.name); !there.empty()) {
    return fail(ErrorCode::AlreadyExists, there + " is there already; nothing was written");
  }
  const auto place = plugin.is_project ? author::Place::Project : author::Place::Extensions;
  auto files = author::instantiate(options.template_name, plugin.sdk.language, plugin.name, place,
                                   author::embedded_files());
  auto written = write_files(plugin.folder, files);
  if (written) {
    written = author::link_sdk(plugin);
  }
  if (!written) {
    return tl::unexpected(written.error());
  }
  return files;
}

}  // namespace

int new_command(const NewOptions& options, Console& console) {
  std::error_code error;
  const std::string start = fs::weakly_canonical(options.folder, error).string();
  const auto language = language_of(options, start);
  if (!language) {
    console.err << "wasmgate new: --lang cpp or --lang rust is needed here\n";
    return kUsage;
  }
  if (const std::string problem = author::check_name(options.name, *language); !problem.empty()) {
    console.err << "wasmgate new: \"" << options.name << "\": " << problem << "\n";
    return kUsage;
  }
  const auto plugin = place_of(options, *language, start);
  if (!plugin) {
    console.err << "wasmgate new: " << plugin.error().detail << "\n";
    return kNotFound;
  }
  const auto files = write_plugin(options, *plugin);
  if (!files) {
    console.err << "wasmgate new: " << files.error().detail << "\n";
    return kFailed;
  }
  const std::string shown = fs::proximate(plugin->folder, error).string();
  for (const author::NewFile& file : *files) {
    console.out << shown << "/" << file.path << "\n";
  }
  if (plugin->is_project) {
    console.err << "SDK: " << plugin->sdk.folder << "\n";
  }
  console.err << "next: wasmgate build " << shown << " && wasmgate run " << shown << "\n";
  return kOk;
}

}  // namespace wasmgate::cli
