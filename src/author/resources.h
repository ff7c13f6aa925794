#pragma once
// The resources of a gateway that serves one plug-in, as JSON documents: what `run REF`, `dev` and
// `test` write into a folder.

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "author/temporary_folder.h"
#include "base/result.h"
#include "config/model/gateway.h"

namespace wasmgate::author {

struct PluginSource {
  std::string url;                            // for spec.url of a WasmPlugin
  std::string preload_folder;                 // an image layout that has it; empty: none
  std::shared_ptr<TemporaryFolder> unpacked;  // of an archive, as long as it is needed

  /// The module's path when it is a file of this machine, else empty.
  std::string module() const {
    constexpr std::string_view kScheme = "file://";
    return url.starts_with(kScheme) ? url.substr(kScheme.size()) : std::string();
  }
};

/// What REF of `run` means: a .wasm file, a plug-in's folder, an image layout's folder or *.tar
/// file (also of docker save), or a url (oci://, http://, https://, file://). `start`: absolute,
/// where relative paths begin. Errors: NotFound, also for a plug-in that is not built; Refused for
/// a layout that does not hold exactly one image.
Result<PluginSource> resolve_reference(const std::string& reference, const std::string& start);

/// A configuration of a plug-in: JSON text, when it begins with "{", else a file with one YAML or
/// JSON document; empty: {}. Errors: NotFound; InvalidArgument when it is no object, with its
/// place.
Result<nlohmann::ordered_json> read_plugin_config(const std::string& text_or_file);

/// What a plug-in runs with on its own.
struct TrialConfig {
  nlohmann::ordered_json config;
  bool is_example = false;  // nothing was given: it is its schema's example
};

/// For the plug-in whose module lies at `module`: as read_plugin_config; when nothing was given and
/// the schema in the spec.yaml beside it requires fields, the schema's example.
Result<TrialConfig> config_to_try(const std::string& text_or_file, const std::string& module);

/// One document of a YAML or JSON text. Errors: InvalidArgument with the first problem and its
/// place.
Result<nlohmann::ordered_json> parse_document(const std::string& file, const std::string& text);

/// `config` null: the plug-in is given no configuration.
nlohmann::ordered_json wasm_plugin(const std::string& name, const std::string& url,
                                   const nlohmann::ordered_json& config);

/// Sends every request to port `port` of a service.
nlohmann::ordered_json ingress(const std::string& name_space, const std::string& name,
                               const std::string& service, int port);

/// A Service and its EndpointSlice at `address`:`target`. `alias`: of its cluster ("service.dns");
/// empty: none.
std::vector<nlohmann::ordered_json> service(const std::string& name_space, const std::string& name,
                                            int port, int target, const std::string& alias,
                                            const std::string& address = "127.0.0.1");

/// Sends every request to `upstream` (an address and a port), or to the daemon's own echo server
/// when there is none.
std::vector<nlohmann::ordered_json> route_to(const std::optional<config::Listener>& upstream);

/// A GatewayConfig with a preload folder.
nlohmann::ordered_json preload_config(const std::string& folder);

/// Documents as one text for a file.
std::string to_text(const std::vector<nlohmann::ordered_json>& documents);

}  // namespace wasmgate::author
