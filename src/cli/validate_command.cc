#include <filesystem>

#include "cli/commands.h"
#include "cli/config_input.h"
#include "cli/exit_codes.h"
#include "config/diagnostics/render.h"
#include "config/schema/plugin_schema.h"
#include "server/file_io.h"

namespace wasmgate::cli {
namespace {

// The schema of a file:// plug-in lies beside its module. Others are fetched by the gateway only.
void check_schemas(ConfigInput& input) {
  for (const config::Plugin& plugin : input.model->plugins) {
    if (plugin.file.empty()) {
      continue;
    }
    const std::string path = config::spec_beside(plugin.file);
    std::error_code error;
    if (!std::filesystem::exists(path, error)) {
      continue;
    }
    auto text = server::read_file(path, config::kMaxFileBytes);
    if (!text) {
      input.diagnostics.warning({{path, 0, 0}, 0, 0, {}}, "unreadable-file", text.error().detail);
      continue;
    }
    config::SourceText spec{path, std::move(*text)};
    config::check_plugin_configuration(plugin, config::read_plugin_schema(spec, input.diagnostics),
                                       input.diagnostics);
    input.sources.push_back(std::move(spec));
  }
}

void check_modules_exist(ConfigInput& input) {
  for (const config::Plugin& plugin : input.model->plugins) {
    std::error_code error;
    if (!plugin.file.empty() && !std::filesystem::exists(plugin.file, error)) {
      input.diagnostics.warning({plugin.location, 0, 0, "spec.url"}, "missing-module",
                                "there is no file " + plugin.file + " yet");
    }
  }
}

std::vector<std::string> file_order(const ConfigInput& input) {
  std::vector<std::string> files;
  for (const config::SourceText& source : input.sources) {
    files.push_back(source.path);
  }
  return files;
}

}  // namespace

int validate_command(const ValidateOptions& options, Console& console) {
  ConfigInput input = load_paths(options.paths, console);
  const size_t files = input.sources.size();
  if (input.model) {
    check_modules_exist(input);
    check_schemas(input);
    config::add_dead_rules(*input.model, input.diagnostics);
  }
  input.diagnostics.sort(file_order(input));
  if (options.output == "json") {
    console.out << config::render_json(input.diagnostics);
  } else if (options.output == "sarif") {
    console.out << config::render_sarif(input.diagnostics);
  } else if (options.output == "github") {
    console.out << config::render_github(input.diagnostics);
  } else {
    console.out << config::render_text(input.diagnostics, input.sources, console.color);
    console.out << config::render_summary(input.diagnostics, files);
  }
  const bool bad = input.diagnostics.has_errors() || (options.strict && !input.diagnostics.empty());
  return bad ? kInvalidConfiguration : kOk;
}

}  // namespace wasmgate::cli
