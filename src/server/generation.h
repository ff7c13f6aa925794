#pragma once
// One configuration generation on its way to the workers: the model, the routes' index, and per plug-in what runs it. Built on the
// builder's thread, prepared on every worker, then activated on every worker, or thrown away as a whole.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "config/model/model.h"
#include "proxy/route/route_table.h"
#include "wasm/host/plugin.h"
#include "wasm/host/vm.h"

namespace wasmgate::server {

/// How a plug-in of the running generation does; shown by the admin pages and the status file.
struct PluginStatus {
  std::string resource;  // "namespace/name"
  std::string url;
  std::string digest;    // of the code that runs; empty: none does
  std::string abi;
  bool accepted = true;
  bool resolved = false;    // the code was fetched and checked
  bool programmed = false;  // every worker runs the configuration that was asked for
  std::string reason;       // CamelCase: "ImagePullFailed", "CompileFailed", "ConfigureRejected", "StartTrapped", …
  std::string message;
  bool serving_older = false;  // the last good generation of it runs instead
  std::string phase;           // "AUTHN", "AUTHZ", "STATS"; empty: none
  int32_t priority = INT32_MIN;            // INT32_MIN: none was given
  bool fails_open = false;                 // what the policy says while it is in quarantine
  std::weak_ptr<wasm::Plugin> running;     // what serves, for the condition Healthy
};

struct GenerationPlugin {
  std::string key;                       // identity of what runs: code, configuration, limits; equal keys keep their VMs
  std::shared_ptr<wasm::Plugin> plugin;  // null: it cannot run, and no earlier generation of it can
  bool open_when_missing = false;        // then: its failure policy
  bool global = false;
  std::vector<std::unique_ptr<wasm::Vm>> vms;  // one per worker; empty when the key runs already
};

struct Generation {
  uint64_t number = 0;
  std::shared_ptr<const config::Model> model;
  std::shared_ptr<const proxy::RouteTable> routes;
  std::vector<GenerationPlugin> plugins;             // chain order
  std::vector<std::vector<uint32_t>> route_plugins;  // per route: indexes into plugins
  std::vector<PluginStatus> statuses;                // as plugins
};

}  // namespace wasmgate::server
