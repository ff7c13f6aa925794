#pragma once
// A fresh folder of this process alone, removed with everything in it.

#include <string>

#include "base/result.h"

namespace wasmgate::author {

class TemporaryFolder {
 public:
  /// Below $TMPDIR or /tmp, mode 0700. Errors: Refused with the system's text.
  static Result<TemporaryFolder> make();
  TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::move(other.path_)) {
    other.path_.clear();
  }
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;
  ~TemporaryFolder();

  const std::string& path() const { return path_; }

 private:
  explicit TemporaryFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace wasmgate::author
