#include "config/read/plugin_url.h"

#include <filesystem>

namespace wasmgate::config {
namespace {

constexpr std::string_view kFile = "file";

std::optional<UrlProblem> local_file(const std::string& rest, const std::string& document,
                                     std::string& file) {
  const std::filesystem::path path(rest);
  if (rest.size() > 1 && rest[0] == '/') {
    file = path.lexically_normal().string();
    return std::nullopt;
  }
  if (!rest.starts_with("./") && !rest.starts_with("../")) {
    return UrlProblem{"a file URL is file:///absolute/path or file://./relative/path",
                      "file://./" + rest};
  }
  file = (std::filesystem::path(document).parent_path() / path).lexically_normal().string();
  return std::nullopt;
}

}  // namespace

std::optional<UrlProblem> check_plugin_url(const std::string& url, const std::string& document,
                                           std::string& file) {
  const size_t scheme_end = url.find("://");
  const std::string scheme = scheme_end == std::string::npos ? "oci" : url.substr(0, scheme_end);
  if (scheme == kFile) {
    return local_file(url.substr(scheme_end + 3), document, file);
  }
  if (scheme != "oci" && scheme != "http" && scheme != "https") {
    return UrlProblem{"the scheme \"" + scheme + "\" is not known; use file, oci, http or https",
                      {}};
  }
  if (scheme_end != std::string::npos && scheme_end + 3 == url.size()) {
    return UrlProblem{"nothing stands after the scheme", {}};
  }
  return std::nullopt;
}

}  // namespace wasmgate::config
