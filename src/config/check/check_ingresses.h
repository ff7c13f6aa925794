#pragma once
// Ingresses into routes: one per host and path, each with a cluster that exists. The first of two
// equal ones wins.

#include "config/diagnostics/diagnostics.h"
#include "config/model/model.h"
#include "config/resource/resources.h"

namespace wasmgate::config {

/// Fills `model.routes`; adds clusters for ExternalName Services without ports that a route names
/// by number. check_services ran before.
void check_ingresses(const Resources& resources, Model& model, Diagnostics& out);

/// The name that plug-ins' rules use for an Ingress: "namespace/name", without namespace for the
/// controller's own.
std::string route_name(const Metadata& ingress, const std::string& controller_namespace);

}  // namespace wasmgate::config
