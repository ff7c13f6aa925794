#pragma once
// From the configuration model to what the plug-in host knows: the one place where both are named.

#include <string>

#include "config/model/model.h"
#include "wasm/host/plugin_spec.h"

namespace wasmgate::server {

/// `digest`: of the module's bytes. `generation`: number shown in logs. `node_id`: host name, for
/// property xds.node.id.
wasm::PluginSpec make_plugin_spec(const config::Plugin& plugin, const std::string& digest,
                                  uint64_t generation, const std::string& node_id);

/// Everything that a VM depends on, as one digest: equal keys may keep their VMs over a change of
/// configuration.
std::string plugin_key(const wasm::PluginSpec& spec);

}  // namespace wasmgate::server
