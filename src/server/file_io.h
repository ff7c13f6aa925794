#pragma once
// Whole files, with caps and atomic replacement. Blocking: never on a worker.

#include <string>
#include <string_view>

#include "base/result.h"

namespace wasmgate::server {

/// Reads a regular file of at most `limit_bytes`. Errors: NotFound, Refused, LimitExceeded.
Result<std::string> read_file(const std::string& path, size_t limit_bytes);

/// Reads a descriptor to its end. Errors: Refused, LimitExceeded.
Result<std::string> read_descriptor(int fd, size_t limit_bytes);

/// Writes everything. False on an error.
bool write_descriptor(int fd, std::string_view bytes);

/// Writes a temporary file beside `path`, syncs it, and renames it into place: readers see the old or the new, never a part.
/// Errors: Refused with the system's text.
Result<void> write_file_atomically(const std::string& path, std::string_view bytes, unsigned mode);

}  // namespace wasmgate::server
