#include "server/kept_generations.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "artifact/file_io.h"
#include "oci/json.h"
#include "server/file_io.h"

namespace wasmgate::server {
namespace {

namespace fs = std::filesystem;

constexpr size_t kKeptBytes = 64ULL * 1024 * 1024;

bool before(const config::SourceText& a, const config::SourceText& b) { return a.path < b.path; }

std::string text_of(std::vector<config::SourceText> files) {
  std::sort(files.begin(), files.end(), before);
  oci::Json list = oci::Json::array();
  for (const config::SourceText& file : files) {
    list.push_back({{"path", file.path}, {"text", file.text}});
  }
  return oci::to_text({{"files", list}});
}

std::optional<std::vector<config::SourceText>> files_of(const std::string& text) {
  const auto root = oci::parse_json(text);
  const oci::Json* list = root ? oci::array_member(*root, "files") : nullptr;
  if (list == nullptr) {
    return std::nullopt;
  }
  std::vector<config::SourceText> out;
  for (const oci::Json& file : *list) {
    const auto path = oci::string_member(file, "path");
    auto content = oci::string_member(file, "text");
    if (!path || !content) {
      return std::nullopt;
    }
    out.push_back({*path, std::move(*content)});
  }
  return out;
}

// Not synced: a reload must not wait for the disk, and what a power cut tears is passed over.
Result<void> write_unsynced(const std::string& path, const std::string& text) {
  const std::string part = path + ".part";
  const int fd = ::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const bool written = fd >= 0 && write_descriptor(fd, text);
  if (fd >= 0) {
    ::close(fd);
  }
  if (!written || ::rename(part.c_str(), path.c_str()) != 0) {
    return fail(ErrorCode::Refused, path + ": " + std::strerror(errno), ErrorSource::Config);
  }
  return {};
}

}  // namespace

std::vector<std::string> KeptGenerations::paths() const {
  std::vector<std::string> out;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder_, error)) {
    if (entry.path().extension() == ".json") {
      out.push_back(entry.path().string());
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

Result<void> KeptGenerations::keep(const std::vector<config::SourceText>& files) {
  if (auto made = artifact::make_folders(folder_, 0700); !made) {
    return made;
  }
  const std::string text = text_of(files);
  std::vector<std::string> known = paths();
  unsigned long long serial = 0;
  if (!known.empty()) {
    const auto newest = read_file(known.back(), kKeptBytes);
    if (newest && *newest == text) {
      return {};
    }
    serial = std::strtoull(fs::path(known.back()).stem().c_str(), nullptr, 10);
  }
  const std::string path = fmt::format("{}/{:020}.json", folder_, serial + 1);
  if (auto written = write_unsynced(path, text); !written) {
    return written;
  }
  known.push_back(path);
  for (size_t i = 0; i + kCount < known.size(); ++i) {
    std::error_code ignored;  // tried again next time
    fs::remove(known[i], ignored);
  }
  return {};
}

Result<std::vector<config::SourceText>> KeptGenerations::previous(
    const std::vector<config::SourceText>& files) const {
  const std::string present = text_of(files);
  const std::vector<std::string> known = paths();
  for (auto path = known.rbegin(); path != known.rend(); ++path) {
    const auto text = read_file(*path, kKeptBytes);
    if (!text || *text == present) {
      continue;
    }
    if (auto out = files_of(*text)) {
      return std::move(*out);
    }
  }
  return fail(ErrorCode::NotFound, "no earlier configuration is kept", ErrorSource::Config);
}

}  // namespace wasmgate::server
