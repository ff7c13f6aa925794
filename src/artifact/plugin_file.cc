#include "artifact/plugin_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "artifact/digest.h"
#include "artifact/file_descriptor.h"

namespace wasmgate::artifact {
namespace {

tl::unexpected<Error> not_readable(const std::string& path) {
  const int error = errno;
  const ErrorCode code =
      error == ENOENT || error == ENOTDIR ? ErrorCode::NotFound : ErrorCode::Refused;
  return fail(code, path + ": " + std::strerror(error), ErrorSource::Config);
}

}  // namespace

Result<PluginCode> check_plugin_code(std::string bytes, const std::string& sha256,
                                     size_t limit_bytes, const std::string& where) {
  if (bytes.size() > limit_bytes) {
    return fail(ErrorCode::LimitExceeded,
                where + ": the module has " + std::to_string(bytes.size()) +
                    " bytes, the limit is " + std::to_string(limit_bytes),
                ErrorSource::Config);
  }
  if (bytes.size() < 8 || std::memcmp(bytes.data(), "\0asm", 4) != 0) {
    return fail(ErrorCode::Malformed,
                where + ": this is not a WebAssembly module (magic bytes missing)",
                ErrorSource::Config);
  }
  PluginCode code;
  code.bytes = std::move(bytes);
  code.digest = sha256_hex(code.bytes);
  if (!sha256.empty() && sha256 != code.digest) {
    return fail(ErrorCode::Corrupt,
                where + ": sha256 of the module's bytes is " + code.digest +
                    ", the resource says " + sha256,
                ErrorSource::Config);
  }
  return code;
}

Result<PluginCode> read_plugin_file(const std::string& path, const std::string& sha256,
                                    size_t limit_bytes) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) {
    return not_readable(path);
  }
  struct stat info{};
  if (::fstat(file.get(), &info) != 0) {
    return not_readable(path);
  }
  if (!S_ISREG(info.st_mode)) {
    return fail(ErrorCode::Refused, path + ": not a regular file", ErrorSource::Config);
  }
  // Read what is there, one byte over the limit at most: the declared size may change meanwhile.
  std::string bytes;
  bytes.reserve(std::min(static_cast<size_t>(info.st_size), limit_bytes));
  char block[64 * 1024];
  while (bytes.size() <= limit_bytes) {
    const ssize_t n = ::read(file.get(), block, sizeof block);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n < 0) {
      return not_readable(path);
    }
    if (n == 0) {
      break;
    }
    bytes.append(block, static_cast<size_t>(n));
  }
  if (bytes.size() > limit_bytes) {
    return fail(
        ErrorCode::LimitExceeded,
        path + ": the module is larger than the limit of " + std::to_string(limit_bytes) + " bytes",
        ErrorSource::Config);
  }
  return check_plugin_code(std::move(bytes), sha256, limit_bytes, path);
}

}  // namespace wasmgate::artifact
