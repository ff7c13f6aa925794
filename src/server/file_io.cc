#include "server/file_io.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

namespace wasmgate::server {
namespace {

tl::unexpected<Error> system_failure(const std::string& path) {
  const int error = errno;
  return fail(error == ENOENT ? ErrorCode::NotFound : ErrorCode::Refused,
              path + ": " + std::strerror(error), ErrorSource::Config);
}

}  // namespace

Result<std::string> read_descriptor(int fd, size_t limit_bytes) {
  std::string out;
  struct stat info{};
  if (::fstat(fd, &info) == 0 && S_ISREG(info.st_mode)) {
    out.reserve(std::min(static_cast<size_t>(info.st_size), limit_bytes));  // what is read decides
  }
  char block[64 * 1024];
  while (true) {
    const ssize_t n = ::read(fd, block, sizeof block);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n < 0) {
      return fail(ErrorCode::Refused, std::strerror(errno));
    }
    if (n == 0) {
      return out;
    }
    if (out.size() + static_cast<size_t>(n) > limit_bytes) {
      return fail(ErrorCode::LimitExceeded,
                  "larger than " + std::to_string(limit_bytes) + " bytes");
    }
    out.append(block, static_cast<size_t>(n));
  }
}

Result<std::string> read_file(const std::string& path, size_t limit_bytes) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    return system_failure(path);
  }
  struct stat info{};
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    ::close(fd);
    return fail(ErrorCode::Refused, path + ": not a regular file", ErrorSource::Config);
  }
  auto out = read_descriptor(fd, limit_bytes);
  ::close(fd);
  if (!out) {
    out.error().detail = path + ": " + out.error().detail;
  }
  return out;
}

Result<MappedFile> MappedFile::open(const std::string& path, size_t limit_bytes) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    return system_failure(path);
  }
  struct stat info{};
  const bool regular = ::fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0;
  const auto size = static_cast<size_t>(info.st_size);
  void* const data = regular && size <= limit_bytes
                         ? ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0)
                         : MAP_FAILED;
  ::close(fd);
  if (data == MAP_FAILED) {
    return fail(regular && size > limit_bytes ? ErrorCode::LimitExceeded : ErrorCode::Refused,
                path + ": cannot be mapped", ErrorSource::Config);
  }
  return MappedFile(data, size);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) {
    ::munmap(data_, size_);
  }
}

bool write_descriptor(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n <= 0) {
      return false;
    }
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

Result<void> write_file_atomically(const std::string& path, std::string_view bytes, unsigned mode) {
  static std::atomic<unsigned> serial{0};
  const std::string part =
      path + "." + std::to_string(::getpid()) + "." + std::to_string(++serial) + ".part";
  const int fd = ::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd < 0) {
    return system_failure(part);
  }
  const bool written = write_descriptor(fd, bytes) && ::fsync(fd) == 0;
  const int error = errno;
  ::close(fd);
  if (!written || ::rename(part.c_str(), path.c_str()) != 0) {
    errno = written ? errno : error;
    auto failure = system_failure(path);
    ::unlink(part.c_str());
    return failure;
  }
  return {};
}

}  // namespace wasmgate::server
