#pragma once
// From the paths of -f to texts: files as they are, folders with all their *.yaml, *.yml and
// *.json, sub-folders included, sorted by name. Kubernetes mounts (a folder of links into "..data")
// read the same; names that begin with "." are skipped. Blocking.

#include <string>
#include <vector>

#include "config/diagnostics/diagnostics.h"
#include "config/load.h"

namespace wasmgate::server {

/// Reads everything. A path that is missing, unreadable or too large becomes an error in
/// `problems`, and the rest is still read.
std::vector<config::SourceText> read_config_files(const std::vector<std::string>& paths,
                                                  config::Diagnostics& problems);

/// The folders below `folder` that read_config_files looks into, `folder` itself and targets of
/// linked files included.
std::vector<std::string> config_folders(const std::string& folder);

}  // namespace wasmgate::server
