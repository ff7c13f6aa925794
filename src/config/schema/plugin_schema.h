#pragma once
// The schema that a plug-in brings in its spec.yaml (spec.configSchema.openAPIV3Schema; for rules
// spec.routeConfigSchema when it is there), and the check of a WasmPlugin's configurations against
// it.

#include <string>

#include "config/load.h"
#include "config/schema/schema.h"

namespace wasmgate::config {

struct PluginSchema {
  std::string file;   // of the spec.yaml
  std::string title;  // "request-block 1.0.0", or empty
  SchemaPtr config;   // null: the spec has none
  SchemaPtr rule;     // null: rules are checked with `config`
};

/// Where the spec.yaml of the plug-in whose module lies at `module` is looked for: beside it.
std::string spec_beside(const std::string& module);

/// Reads spec.yaml. Errors in it go to `out`; what is broken has no effect.
PluginSchema read_plugin_schema(const SourceText& spec, Diagnostics& out);

/// Checks the global configuration and each rule's. A global configuration that does not fit beside
/// rules is a warning: the matcher goes on without it.
void check_plugin_configuration(const Plugin& plugin, const PluginSchema& schema, Diagnostics& out);

}  // namespace wasmgate::config
