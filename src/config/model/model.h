#pragma once
// Everything that one set of configuration files says, read and checked: what the server builds a
// snapshot from.

#include <vector>

#include "config/model/cluster.h"
#include "config/model/gateway.h"
#include "config/model/plugin.h"
#include "config/model/route.h"

namespace wasmgate::config {

struct Model {
  GatewayConfig gateway;
  std::vector<Route> routes;
  std::vector<Cluster> clusters;
  std::vector<Plugin>
      plugins;  // in chain order: phase, then priority descending, then name, then namespace
};

}  // namespace wasmgate::config
