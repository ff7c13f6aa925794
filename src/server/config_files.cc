#include "server/config_files.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "server/file_io.h"

namespace wasmgate::server {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxDepth = 16;

void complain(const std::string& path, std::string message, config::Diagnostics& problems) {
  config::Diagnostic d;
  d.rule = "unreadable-file";
  d.location.file = path;
  d.message = std::move(message);
  problems.add(std::move(d));
}

bool is_hidden(const fs::path& path) { return path.filename().string().starts_with('.'); }

bool is_config_file(const fs::path& path) {
  const std::string extension = path.extension().string();
  return extension == ".yaml" || extension == ".yml" || extension == ".json";
}

// Entries of one folder, sorted by name, so that every run reads in the same order.
std::vector<fs::path> sorted_entries(const fs::path& folder, std::error_code& error) {
  std::vector<fs::path> entries;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    entries.push_back(at->path());
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

void collect(const fs::path& folder, int depth, std::vector<std::string>& files,
             std::vector<std::string>& folders, config::Diagnostics* problems) {
  std::error_code error;
  folders.push_back(folder.string());
  for (const fs::path& entry : sorted_entries(folder, error)) {
    if (is_hidden(entry)) {
      continue;
    }
    std::error_code ignored;
    if (fs::is_directory(entry, ignored)) {
      if (depth < kMaxDepth) {
        collect(entry, depth + 1, files, folders, problems);
      } else if (problems != nullptr) {
        complain(entry.string(), "folders are nested too deeply (limit 16)", *problems);
      }
    } else if (is_config_file(entry)) {
      files.push_back(entry.string());
    }
  }
  if (error && problems != nullptr) {
    complain(folder.string(), "cannot be listed: " + error.message(), *problems);
  }
}

}  // namespace

std::vector<config::SourceText> read_config_files(const std::vector<std::string>& paths,
                                                  config::Diagnostics& problems) {
  std::vector<std::string> files;
  std::vector<std::string> folders;
  for (const std::string& path : paths) {
    std::error_code error;
    if (fs::is_directory(path, error)) {
      const size_t before = files.size();
      collect(path, 0, files, folders, &problems);
      if (files.size() == before) {
        config::Diagnostic d;
        d.severity = config::Severity::Warning;
        d.rule = "empty-folder";
        d.location.file = path;
        d.message = "the folder holds no *.yaml, *.yml or *.json";
        problems.add(std::move(d));
      }
    } else {
      files.push_back(path);
    }
  }
  std::vector<config::SourceText> out;
  std::set<std::string> seen;
  for (const std::string& file : files) {
    std::error_code error;
    const fs::path real = fs::weakly_canonical(file, error);
    if (!seen.insert(error ? file : real.string()).second) {
      continue;  // given twice
    }
    auto text = read_file(file, config::kMaxFileBytes);
    if (text) {
      out.push_back({file, std::move(*text)});
    } else {
      std::string message = text.error().detail;
      if (message.starts_with(file + ": ")) {
        message.erase(0, file.size() + 2);
      }
      complain(file, "cannot be read: " + message, problems);
    }
  }
  return out;
}

std::vector<std::string> config_folders(const std::string& folder) {
  std::vector<std::string> files;
  std::vector<std::string> folders;
  collect(folder, 0, files, folders, nullptr);
  std::set<std::string> all(folders.begin(), folders.end());
  for (const std::string& file : files) {
    std::error_code error;
    if (fs::is_symlink(file, error)) {
      const fs::path real = fs::weakly_canonical(file, error);
      if (!error && real.has_parent_path()) {
        all.insert(real.parent_path().string());
      }
    }
  }
  return {all.begin(), all.end()};
}

}  // namespace wasmgate::server
