#include "artifact/file_io.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "artifact/file_descriptor.h"

namespace wasmgate::artifact {
namespace {

tl::unexpected<Error> system_failure(const std::string& path, const char* what = "") {
  const int error = errno;
  const ErrorCode code =
      error == ENOENT || error == ENOTDIR ? ErrorCode::NotFound : ErrorCode::Refused;
  return fail(code, path + ": " + what + std::strerror(error), ErrorSource::Config);
}

Result<std::string> read_all(const std::string& path, int flags, size_t limit_bytes, bool own) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | flags));
  if (file.get() < 0) {
    return system_failure(path);
  }
  struct stat info{};
  if (::fstat(file.get(), &info) != 0) {
    return system_failure(path);
  }
  if (!S_ISREG(info.st_mode)) {
    return fail(ErrorCode::Refused, path + ": not a regular file", ErrorSource::Config);
  }
  if (own && (info.st_uid != ::geteuid() || (info.st_mode & (S_IWGRP | S_IWOTH)) != 0)) {
    return fail(ErrorCode::Refused, path + ": others may have written it (owner or mode)",
                ErrorSource::Config);
  }
  std::string out;
  char block[64 * 1024];
  while (out.size() <= limit_bytes) {
    const ssize_t n = ::read(file.get(), block, sizeof block);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n < 0) {
      return system_failure(path);
    }
    if (n == 0) {
      return out;
    }
    out.append(block, static_cast<size_t>(n));
  }
  return fail(ErrorCode::LimitExceeded,
              path + ": larger than " + std::to_string(limit_bytes) + " bytes",
              ErrorSource::Config);
}

// A rename is only durable once its folder is.
void sync_folder_of(const std::string& path) {
  const FileDescriptor folder(::open(std::filesystem::path(path).parent_path().c_str(),
                                     O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() >= 0) {
    ::fsync(folder.get());
  }
}

}  // namespace

Result<std::string> read_whole_file(const std::string& path, size_t limit_bytes) {
  return read_all(path, 0, limit_bytes, false);
}

Result<std::string> read_own_file(const std::string& path, size_t limit_bytes) {
  return read_all(path, O_NOFOLLOW, limit_bytes, true);
}

Result<void> make_folders(const std::string& path, unsigned mode) {
  if (path.empty()) {
    return {};
  }
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    return {};
  }
  if (auto above = make_folders(std::filesystem::path(path).parent_path().string(), mode); !above) {
    return above;
  }
  if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST) {
    return system_failure(path);
  }
  return {};
}

PartFile::~PartFile() { discard(); }

void PartFile::discard() {
  if (fd_ >= 0) {
    ::close(fd_);
    fd_ = -1;
  }
  if (!path_.empty()) {
    ::unlink(path_.c_str());
    path_.clear();
  }
}

Result<void> PartFile::open(const std::string& folder, unsigned mode) {
  discard();
  std::string name = (folder.empty() ? "." : folder) + "/.part-XXXXXX";
  fd_ = ::mkostemp(name.data(), O_CLOEXEC);
  if (fd_ < 0) {
    return system_failure(name);
  }
  path_ = name;
  if (::fchmod(fd_, mode) != 0) {
    return system_failure(name);
  }
  return {};
}

Result<void> PartFile::add(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd_, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n < 0) {
      return system_failure(path_, "write: ");
    }
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return {};
}

Result<void> PartFile::commit(const std::string& path) {
  if (::fsync(fd_) != 0) {
    return system_failure(path_, "sync: ");
  }
  if (::rename(path_.c_str(), path.c_str()) != 0) {
    return system_failure(path, "rename: ");
  }
  path_.clear();
  sync_folder_of(path);
  return {};
}

Result<void> write_file(const std::string& path, std::string_view bytes, unsigned mode) {
  PartFile part;
  if (auto opened = part.open(std::filesystem::path(path).parent_path().string(), mode); !opened) {
    return opened;
  }
  if (auto added = part.add(bytes); !added) {
    return added;
  }
  return part.commit(path);
}

}  // namespace wasmgate::artifact
