#include "cli/plugin_image.h"

#include <algorithm>
#include <filesystem>

#include "artifact/file_io.h"
#include "artifact/image_end.h"
#include "cli/progress.h"
#include "wasm/abi/module_report.h"

namespace wasmgate::cli {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMetadataBytes = 1024 * 1024;

// The module of "folder" or "folder/plugin.wasm".
fs::path module_path(const std::string& source) {
  std::error_code error;
  return fs::is_directory(source, error) ? fs::path(source) / "plugin.wasm" : fs::path(source);
}

Result<void> check_module(const std::string& path, const wasm::ModuleReport& report) {
  if (report.loadable()) {
    return {};
  }
  std::string text = path + ": the gateway cannot load this module";
  for (const std::string& problem : report.problems) {
    text += "\n  " + problem;
  }
  return fail(ErrorCode::Unsupported, text + "\n(--no-check packs it all the same)",
              ErrorSource::Plugin);
}

// A file that may be missing: empty then, unless it was asked for by name.
Result<std::string> optional_file(const std::string& named, const fs::path& beside) {
  auto text = artifact::read_whole_file(named.empty() ? beside.string() : named, kMetadataBytes);
  if (!text && named.empty() && text.error().code == ErrorCode::NotFound) {
    return std::string();
  }
  return text;
}

// "README_EN.md" → "en", "README.md" → "".
std::optional<std::string> source_language(const std::string& name) {
  if (name == "README.md") {
    return "";
  }
  if (!name.starts_with("README_") || !name.ends_with(".md") || name.size() > 20) {
    return std::nullopt;
  }
  std::string language = name.substr(7, name.size() - 10);
  std::transform(language.begin(), language.end(), language.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  const bool plain = !language.empty() && std::all_of(language.begin(), language.end(),
                                                      [](char c) { return c >= 'a' && c <= 'z'; });
  return plain ? std::optional(language) : std::nullopt;
}

Result<void> add_documents(const PackOptions& options, const fs::path& folder,
                           oci::ImageInput& input) {
  if (!options.readme.empty()) {
    auto text = artifact::read_whole_file(options.readme, kMetadataBytes);
    if (!text) {
      return tl::unexpected(text.error());
    }
    input.documents[""] = std::move(*text);
    return {};
  }
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const auto language = source_language(entry.path().filename().string());
    if (!language) {
      continue;
    }
    auto text = artifact::read_whole_file(entry.path().string(), kMetadataBytes);
    if (!text) {
      return tl::unexpected(text.error());
    }
    input.documents[*language] = std::move(*text);
  }
  return {};
}

Result<void> add_annotations(const PackOptions& options, oci::ImageInput& input) {
  for (const std::string& text : options.annotations) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      return fail(ErrorCode::InvalidArgument, "--annotation \"" + text + "\": not KEY=VALUE",
                  ErrorSource::Config);
    }
    input.annotations[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return {};
}

// What stands beside the module goes in when the layout has a place for it; what was named goes in
// or is an error.
Result<void> add_files(const PackOptions& options, const fs::path& folder, oci::ImageInput& input) {
  const bool compat = input.layout == oci::Layout::Compat;
  if (options.bare && !options.readme.empty()) {
    return fail(ErrorCode::InvalidArgument, "--bare leaves no place for --readme",
                ErrorSource::Config);
  }
  if (compat || !options.spec.empty()) {
    auto spec = optional_file(options.spec, folder / "spec.yaml");
    if (!spec) {
      return tl::unexpected(spec.error());
    }
    input.spec = std::move(*spec);
  }
  if ((compat && !options.bare) || !options.readme.empty()) {
    return add_documents(options, folder, input);
  }
  return {};
}

std::vector<std::string> parts_of(const oci::ImageInput& input) {
  std::vector<std::string> out{"plugin.wasm " + size_text(input.module.size())};
  if (!input.spec.empty()) {
    out.push_back("spec.yaml " + size_text(input.spec.size()));
  }
  for (const auto& [language, text] : input.documents) {
    out.push_back("README" + (language.empty() ? "" : "_" + language) + ".md " +
                  size_text(text.size()));
  }
  return out;
}

}  // namespace

Result<PluginImage> build_plugin_image(const PackOptions& options) {
  const fs::path path = module_path(options.source);
  auto module = artifact::read_whole_file(path.string(), artifact::kBlobBytes);
  if (!module) {
    return tl::unexpected(module.error());
  }
  const wasm::ModuleReport report = wasm::inspect_module(*module);
  if (auto good = check_module(path.string(), report); options.check && !good) {
    return tl::unexpected(good.error());
  }
  oci::ImageInput input;
  input.layout = *oci::parse_layout(options.layout);
  input.module = std::move(*module);
  input.abi_version = report.version ? std::string(to_string(*report.version)) : "";
  input.extra_layers = !options.bare;
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  if (auto added = add_files(options, folder, input); !added) {
    return tl::unexpected(added.error());
  }
  if (auto added = add_annotations(options, input); !added) {
    return tl::unexpected(added.error());
  }
  auto image = oci::build_image(input);
  if (!image) {
    return fail(image.error().code, path.string() + ": " + image.error().detail,
                image.error().source);
  }
  return PluginImage{std::move(*image), folder.string(), parts_of(input)};
}

}  // namespace wasmgate::cli
