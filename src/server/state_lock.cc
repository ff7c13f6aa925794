#include "server/state_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "server/file_io.h"

namespace wasmgate::server {
namespace {

constexpr size_t kTextBytes = 64;

std::string holder_of(const std::string& path) {
  auto text = read_file(path, kTextBytes);
  if (!text || text->empty()) {
    return "another process";
  }
  return "process " + text->substr(0, text->find('\n'));
}

}  // namespace

Result<StateLock> StateLock::take(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  const std::string path = folder + "/lock";
  net::Socket file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!file.valid()) {
    return fail(ErrorCode::Refused, path + ": " + std::strerror(errno), ErrorSource::Config);
  }
  if (::flock(file.fd(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) {
      return fail(ErrorCode::InvalidArgument,
                  "the state folder " + folder + " is in use by the gateway of " + holder_of(path) +
                      "; a second one needs its own (--state-dir)",
                  ErrorSource::Config);
    }
    return fail(ErrorCode::Refused, path + ": " + std::strerror(errno), ErrorSource::Config);
  }
  const std::string text = std::to_string(::getpid()) + "\n";
  if (::ftruncate(file.fd(), 0) != 0 || !write_descriptor(file.fd(), text)) {
    return fail(ErrorCode::Refused, path + ": " + std::strerror(errno), ErrorSource::Config);
  }
  return StateLock(std::move(file));
}

}  // namespace wasmgate::server
