// The second form of `run`: the daemon with a configuration of its own making, one plug-in before
// the built-in echo upstream.

#include <filesystem>
#include <nlohmann/json.hpp>

#include "author/resources.h"
#include "author/temporary_folder.h"
#include "cli/author_options.h"
#include "cli/commands.h"
#include "cli/exit_codes.h"
#include "server/file_io.h"

namespace wasmgate::cli {
namespace {

int exit_code_of(const Error& error) {
  return error.code == ErrorCode::NotFound          ? kNotFound
         : error.code == ErrorCode::InvalidArgument ? kInvalidConfiguration
                                                    : kFailed;
}

int complain(const Error& error, Console& console) {
  console.err << "wasmgate run: " << error.detail << "\n";
  return exit_code_of(error);
}

}  // namespace

int run_plugin_command(const RunPluginOptions& options, server::Options daemon, Console& console) {
  const auto source =
      author::resolve_reference(options.reference, std::filesystem::current_path().string());
  if (!source) {
    return complain(source.error(), console);
  }
  if (options.once) {
    return once_command(options, *source, console);
  }
  const auto trial = author::config_to_try(options.config, source->module());
  if (!trial) {
    return complain(trial.error(), console);
  }
  if (trial->is_example) {
    console.err << kExampleNote;
  }
  const auto folder = author::TemporaryFolder::make();
  if (!folder) {
    return complain(folder.error(), console);
  }
  std::vector<nlohmann::ordered_json> documents =
      author::route_to(parse_listener(options.upstream));
  documents.push_back(author::wasm_plugin("plugin", source->url, trial->config));
  if (!source->preload_folder.empty()) {
    documents.push_back(author::preload_config(source->preload_folder));
  }
  const std::string file = folder->path() + "/plugin.yaml";
  if (const auto written = server::write_file_atomically(file, author::to_text(documents), 0600);
      !written) {
    return complain(written.error(), console);
  }
  daemon.demo = true;
  daemon.state_may_move = true;
  daemon.paths = {folder->path()};
  return run_command(daemon, console);
}

}  // namespace wasmgate::cli
