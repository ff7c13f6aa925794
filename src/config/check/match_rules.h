#pragma once
// A WasmPlugin's pluginConfig, defaultConfig and matchRules into the one JSON object that the
// guest's rule matcher reads: the default configuration with `_rules_`, each rule with
// `_match_route_`, `_match_service_` and `_match_domain_`.

#include <optional>
#include <string>
#include <vector>

#include "config/check/json_text.h"
#include "config/resource/resources.h"

namespace wasmgate::config {

/// The rules that are not disabled.
std::vector<const PluginRule*> enabled_rules(const PluginResource& resource);

/// What `ingress` means on the wire: the entries, with "GRPC/" before each for routeType GRPC.
std::vector<std::string> route_names(const PluginRule& rule);

/// What the guest's matcher will look at: the lists of the resource, and the match keys that stand
/// in the rule's config.
MatchRule match_lists(const PluginRule& rule);

/// The plug-in is turned off: its default configuration is disabled and no rule is left.
bool is_withdrawn(const PluginResource& resource);

/// The JSON, or nothing when nothing is configured at all (the guest gets size 0).
std::optional<std::string> guest_configuration(const PluginResource& resource,
                                               const TextFilter& filter);

}  // namespace wasmgate::config
