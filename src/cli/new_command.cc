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
  const auto sdk = author::find_sdk(start, *language);
  if (!sdk) {
    console.err << "wasmgate new: no SDK for " << author::to_string(*language) << " in " << start
                << " or above it: go to plugins/wasm-" << author::to_string(*language)
                << ", or name it with --dir\n";
    return kNotFound;
  }
  const std::string extensions = sdk->folder + "/extensions";
  if (const std::string there = existing(extensions, options.name); !there.empty()) {
    console.err << "wasmgate new: " << there << " is there already; nothing was written\n";
    return kFailed;
  }
  const auto files =
      author::instantiate(options.template_name, *language, options.name, author::embedded_files());
  const std::string folder = extensions + "/" + options.name;
  if (const auto written = write_files(folder, files); !written) {
    console.err << "wasmgate new: " << written.error().detail << "\n";
    return kFailed;
  }
  const std::string shown = fs::proximate(folder, error).string();
  for (const author::NewFile& file : files) {
    console.out << shown << "/" << file.path << "\n";
  }
  console.err << "next: wasmgate build " << shown << " && wasmgate run " << shown << "\n";
  return kOk;
}

}  // namespace wasmgate::cli
