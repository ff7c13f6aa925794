#pragma once
// A tar archive (POSIX ustar) of a few small files, the same bytes for the same files: sorted by
// name, owner 0, mode 0644, time 0.

#include <map>
#include <string>

namespace wasmgate::oci {

/// `files`: name → content. Names: relative, at most 99 bytes. Ends with two zero blocks, padded to
/// 10,240 bytes as tar does.
std::string write_tar(const std::map<std::string, std::string>& files);

}  // namespace wasmgate::oci
