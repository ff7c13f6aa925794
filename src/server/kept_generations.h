#pragma once
// The configurations that served last, as texts in the state folder, so that one can be brought
// back. Blocking: main thread only, small files.

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/load.h"

namespace wasmgate::server {

class KeptGenerations {
 public:
  static constexpr size_t kCount = 10;

  /// `folder`: made when missing, for this user alone (texts may hold secrets).
  explicit KeptGenerations(std::string folder) : folder_(std::move(folder)) {}

  /// Keeps these files as the newest, unless the newest has the same; the oldest over kCount go.
  /// Errors: Refused.
  Result<void> keep(const std::vector<config::SourceText>& files);

  /// The newest that differs from `files`; what cannot be read is passed over. Errors: NotFound.
  Result<std::vector<config::SourceText>> previous(
      const std::vector<config::SourceText>& files) const;

 private:
  std::vector<std::string> paths() const;  // oldest first

  std::string folder_;
};

}  // namespace wasmgate::server
