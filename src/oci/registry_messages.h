#pragma once
// The requests of the distribution protocol (OCI distribution specification 1.0) as paths, and its
// error bodies as sentences.

#include <string>
#include <string_view>

#include "base/result.h"
#include "oci/reference.h"
#include "oci/url.h"

namespace wasmgate::oci {

/// "/v2/<repository>/manifests/<tag or digest>".
std::string manifest_path(const Reference& reference);
std::string blob_path(const Reference& reference, const Digest& digest);
/// Where an upload begins (POST).
std::string upload_path(const Reference& reference);
/// Begins an upload that takes the blob over from another repository of the same registry.
std::string mount_path(const Reference& reference, const Digest& digest,
                       const std::string& from_repository);
/// The Location of a begun upload, made the target of the closing PUT.
std::string upload_target(const Url& location, const Digest& digest);

enum class Access { Pull, Push };
/// "repository:<name>:pull" or "…:pull,push".
std::string scope_of(const Reference& reference, Access access);

/// What a status other than the expected means, with the registry's own words from `body` (errors:
/// [{code, message}]). Codes: 401, 403 Refused; 404 NotFound; 408, 429, 5xx Unavailable, retryable;
/// other 4xx Protocol.
Error status_error(int status, std::string_view body, const std::string& what);

}  // namespace wasmgate::oci
