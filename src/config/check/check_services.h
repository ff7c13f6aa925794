#pragma once
// Services and EndpointSlices into clusters: each TCP port of each Service is one cluster, routed
// or not.

#include <map>
#include <string>
#include <utility>

#include "config/diagnostics/diagnostics.h"
#include "config/model/model.h"
#include "config/resource/resources.h"

namespace wasmgate::config {

/// "outbound|80||service.namespace.svc.cluster.local".
std::string cluster_name(const std::string& host, uint16_t port);

/// Fills `model.clusters`.
void check_services(const Resources& resources, Model& model, Diagnostics& out);

}  // namespace wasmgate::config
