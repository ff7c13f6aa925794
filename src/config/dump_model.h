#pragma once
// The model as JSON for people: the admin page /config_dump, `explain -o json` and the golden
// tests. Secrets are left out: plug-in configurations show their placeholders, credentials show
// only that they are there.

#include <string>

#include "config/model/model.h"

namespace wasmgate::config {

/// Indented JSON, fields in a fixed order, times in milliseconds, sizes in bytes. Ends with a
/// newline.
std::string dump_model(const Model& model);

/// One plug-in of it.
std::string dump_plugin(const Plugin& plugin);

/// Words of the enumerations as the resources write them: "AUTHN", "FAIL_OPEN", "IfNotPresent".
std::string_view to_string(PluginPhase phase);
std::string_view to_string(FailStrategy strategy);
std::string_view to_string(PullPolicy policy);

}  // namespace wasmgate::config
