#pragma once
// What `docker save` and skopeo's docker-archive write: a tar file with manifest.json, the image's
// configuration and its layers as files. Read as the image layout that says the same.

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace wasmgate::oci {

/// The files of an image layout (as read_layout_archive gives them) with the archive's images under
/// their first tags. Layers keep their bytes; the manifest, and so the digest, is made here: such
/// an archive has none. `limit`: of all bytes taken. Errors: those of TarReader; NotFound when
/// there is no manifest.json; Protocol when it is something else or names files that are not there;
/// LimitExceeded.
Result<std::map<std::string, std::string>> read_docker_archive(std::string_view tar, size_t limit);

}  // namespace wasmgate::oci
