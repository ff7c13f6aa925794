#pragma once
// The configuration that a command was pointed at with -f: files, folders and standard input, read
// and loaded.

#include <string>
#include <vector>

#include "cli/console.h"
#include "config/load.h"

namespace wasmgate::cli {

struct ConfigInput {
  std::vector<config::SourceText> sources;
  std::optional<config::Model> model;
  config::Diagnostics diagnostics;  // of reading and loading, sorted
};

/// The texts only. `paths`: as below; what cannot be read is an error in `problems`.
std::vector<config::SourceText> read_paths(const std::vector<std::string>& paths,
                                           config::Diagnostics& problems, Console& console);

/// `paths`: as given; "-" is standard input, called "stdin" in messages.
ConfigInput load_paths(const std::vector<std::string>& paths, Console& console);

}  // namespace wasmgate::cli
