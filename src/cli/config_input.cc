#include "cli/config_input.h"

#include <algorithm>
#include <iterator>

#include "server/config_files.h"

namespace wasmgate::cli {

std::vector<config::SourceText> read_paths(const std::vector<std::string>& paths,
                                           config::Diagnostics& problems, Console& console) {
  std::vector<std::string> files = paths;
  const bool standard_input = std::erase(files, "-") != 0;
  std::vector<config::SourceText> out = server::read_config_files(files, problems);
  if (standard_input) {
    // One byte more than allowed is enough for the loader to refuse it.
    std::string text;
    char block[65'536];
    while (text.size() <= config::kMaxFileBytes &&
           (console.in.read(block, sizeof block) || console.in.gcount() != 0)) {
      text.append(block, static_cast<size_t>(console.in.gcount()));
    }
    out.push_back({"stdin", std::move(text)});
  }
  return out;
}

ConfigInput load_paths(const std::vector<std::string>& paths, Console& console) {
  ConfigInput out;
  out.sources = read_paths(paths, out.diagnostics, console);
  config::LoadResult loaded = config::load(out.sources);
  out.diagnostics.append(loaded.diagnostics);
  if (!out.diagnostics.has_errors()) {
    out.model = std::move(loaded.model);
  }
  return out;
}

}  // namespace wasmgate::cli
