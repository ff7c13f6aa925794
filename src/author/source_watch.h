#pragma once
// Tells when the sources of a plug-in have changed: what is in its folder and the folders below,
// apart from what builds write there. Watching itself is server::ConfigWatcher's; this says which
// folders, and whether a change was one.

#include <filesystem>
#include <map>
#include <set>
#include <string>

namespace wasmgate::author {

/// The folder and those below it, without image/, target/ and hidden ones.
std::set<std::string> source_folders(const std::string& folder);

/// Times and sizes of files. Equal ones mean that nothing has changed.
using Fingerprint = std::map<std::string, std::pair<std::filesystem::file_time_type, uintmax_t>>;

/// Of every file in source_folders(`folder`) but modules (*.wasm, *.wasm.part), lock files, and
/// editors' own (hidden, *~).
Fingerprint fingerprint(const std::string& folder);

/// The names of files that differ, relative to `folder`, at most three, joined by ", ".
std::string changed_files(const Fingerprint& before, const Fingerprint& after,
                          const std::string& folder);

}  // namespace wasmgate::author
