#pragma once
// The settings of a plug-in that wasmgate adds to the WasmPlugin resource, one table for both
// places where they stand: GatewayConfig's `pluginDefaults` and the annotations
// `wasmgate.io/<name>`.

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/model/plugin.h"
#include "config/read/object_reader.h"
#include "config/resource/resources.h"

namespace wasmgate::config {

struct PluginSettings {
  PluginLimits limits;
  std::map<FailCause, FailStrategy> fail_on;
  std::set<std::string> capabilities;
  std::set<std::string> callout_clusters;
};

/// Reads `pluginDefaults`: each key a setting's name.
void read_plugin_defaults(ObjectReader& defaults, PluginSettings& out);

/// Reads the annotations of a WasmPlugin over `plugin`'s settings: those of the table and
/// `required`, `vm-configuration`. Unknown names are errors.
void read_plugin_annotations(const Metadata& metadata, Plugin& plugin, ReadContext& context);

/// One line of the reference: name, kind ("size", "duration", "count", "boolean", "list",
/// "policy"), default, range.
struct SettingInfo {
  std::string name;
  std::string kind;
  std::string default_value;
  std::string range;
};

/// The table in order, for the documentation and its test.
std::vector<SettingInfo> plugin_setting_table();

/// "unavailable", "start", "configure", "trap", "deadline", "memory", "quarantine".
std::string_view to_string(FailCause cause);

}  // namespace wasmgate::config
