#pragma once
// A plug-in's address as a resource writes it: which schemes there are, and which file a file://
// one means.

#include <optional>
#include <string>

namespace wasmgate::config {

/// What is wrong with an address, and perhaps what would be right.
struct UrlProblem {
  std::string message;
  std::string hint;
};

/// Checks `url` and sets `file` to the path of a file:// one, relative to the folder of `document`
/// ("./" or "../" first). Returns nothing when all is well.
std::optional<UrlProblem> check_plugin_url(const std::string& url, const std::string& document,
                                           std::string& file);

}  // namespace wasmgate::config
