#pragma once
// The plug-ins of a running gateway as its admin page or status file tells them.

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/status_options.h"

namespace wasmgate::cli {

/// The "plugins" array. Errors: Unavailable (no gateway answers there), NotFound (no status file),
/// Protocol (the answer is something else), InvalidArgument (the address).
Result<nlohmann::ordered_json> read_plugins(const StatusSource& from);

/// Those called `name` ("namespace/name", or the name alone); all when it is empty. Errors:
/// NotFound, listing the names that are there.
Result<nlohmann::ordered_json> select_plugins(const nlohmann::ordered_json& plugins,
                                              const std::string& name);

/// A text member of an object, or empty.
std::string text_of(const nlohmann::ordered_json& object, const char* key);

struct PluginSummary {
  std::string ready;  // "True", "False"
  std::string
      reason;  // of the first condition that is not True, else of the canary; empty: all is well
};

/// What its conditions come to.
PluginSummary summary_of(const nlohmann::ordered_json& plugin);

/// The tag or digest of the image's address; empty for other addresses.
std::string version_of(const std::string& url);

}  // namespace wasmgate::cli
