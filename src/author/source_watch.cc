#include "author/source_watch.h"

#include <vector>

namespace wasmgate::author {
namespace {

namespace fs = std::filesystem;

bool is_built_folder(const std::string& name) {
  return name == "image" || name == "target" || name.starts_with(".");
}

bool is_source(const std::string& name) {
  return !name.starts_with(".") && !name.ends_with("~") && !name.ends_with(".wasm") &&
         !name.ends_with(".wasm.part") && name != "Cargo.lock";
}

}  // namespace

std::set<std::string> source_folders(const std::string& folder) {
  std::set<std::string> out = {folder};
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.is_directory(error) && !entry.is_symlink(error) &&
        !is_built_folder(entry.path().filename().string())) {
      out.merge(source_folders(entry.path().string()));
    }
  }
  return out;
}

Fingerprint fingerprint(const std::string& folder) {
  Fingerprint out;
  for (const std::string& one : source_folders(folder)) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(one, error)) {
      if (entry.is_regular_file(error) && is_source(entry.path().filename().string())) {
        out[entry.path().string()] = {entry.last_write_time(error), entry.file_size(error)};
      }
    }
  }
  return out;
}

std::string changed_files(const Fingerprint& before, const Fingerprint& after,
                          const std::string& folder) {
  constexpr size_t kMost = 3;
  std::set<std::string> changed;
  for (const auto& [file, state] : after) {
    const auto old = before.find(file);
    if (old == before.end() || old->second != state) {
      changed.insert(file);
    }
  }
  for (const auto& [file, state] : before) {
    if (!after.contains(file)) {
      changed.insert(file);
    }
  }
  std::string out;
  size_t shown = 0;
  for (const std::string& file : changed) {
    if (++shown > kMost) {
      return out + ", …";
    }
    out += (out.empty() ? "" : ", ") + fs::path(file).lexically_relative(folder).string();
  }
  return out;
}

}  // namespace wasmgate::author
