#include "oci/registry_messages.h"

#include "base/log.h"
#include "oci/json.h"

namespace wasmgate::oci {
namespace {

constexpr size_t kShownBytes = 300;

std::string errors_of(std::string_view body) {
  std::string out;
  const auto root = parse_json(body);
  const Json* errors = root ? array_member(*root, "errors") : nullptr;
  if (errors == nullptr) {
    return out;
  }
  for (const Json& error : *errors) {
    out += out.empty() ? "" : "; ";
    out += string_member(error, "code").value_or("") + " " +
           string_member(error, "message").value_or("");
    if (out.size() > kShownBytes) {
      out.resize(kShownBytes);
      break;
    }
  }
  return escape_control(out);
}

ErrorCode code_of(int status) {
  if (status == 401 || status == 403) {
    return ErrorCode::Refused;
  }
  if (status == 404 || status == 410) {
    return ErrorCode::NotFound;
  }
  return status == 408 || status == 429 || status >= 500 ? ErrorCode::Unavailable
                                                         : ErrorCode::Protocol;
}

}  // namespace

std::string manifest_path(const Reference& reference) {
  return "/v2/" + reference.repository + "/manifests/" + reference.target();
}

std::string blob_path(const Reference& reference, const Digest& digest) {
  return "/v2/" + reference.repository + "/blobs/" + digest.to_string();
}

std::string upload_path(const Reference& reference) {
  return "/v2/" + reference.repository + "/blobs/uploads/";
}

std::string mount_path(const Reference& reference, const Digest& digest,
                       const std::string& from_repository) {
  return with_query(with_query(upload_path(reference), "mount", digest.to_string()), "from",
                    from_repository);
}

std::string upload_target(const Url& location, const Digest& digest) {
  return with_query(location.target, "digest", digest.to_string());
}

std::string scope_of(const Reference& reference, Access access) {
  return "repository:" + reference.repository + (access == Access::Pull ? ":pull" : ":pull,push");
}

Error status_error(int status, std::string_view body, const std::string& what) {
  const ErrorCode code = code_of(status);
  std::string detail = what + ": the registry answered " + std::to_string(status);
  if (const std::string errors = errors_of(body); !errors.empty()) {
    detail += " (" + errors + ")";
  }
  return Error(code, std::move(detail), ErrorSource::Upstream, code == ErrorCode::Unavailable);
}

}  // namespace wasmgate::oci
