#pragma once
// One configuration generation on its way to the workers: the model, the routes' index, and per
// plug-in what runs it. Built on the builder's thread, prepared on every worker, then activated on
// every worker, or thrown away as a whole.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/model/model.h"
#include "proxy/route/route_table.h"
#include "wasm/host/plugin.h"
#include "wasm/host/vm.h"

namespace wasmgate::server {

/// How a plug-in's canary does.
struct CanaryStatus {
  std::string url;
  std::string digest;  // of its code; empty: it was not fetched
  uint32_t share = 0;  // hundredths of a percent
  std::string header;  // "name" or "name=value"; empty: none
  bool serving = false;
  std::string reason;  // when not: "ImagePullFailed", …, "CanaryEnded"
  std::string message;
  std::weak_ptr<wasm::Plugin> running;
};

/// How a plug-in of the running generation does; shown by the admin pages and the status file.
struct PluginStatus {
  std::string resource;  // "namespace/name"
  std::string url;
  std::string digest;  // of the code that runs; empty: none does
  std::string abi;
  bool accepted = true;
  bool resolved = false;    // the code was fetched and checked
  bool programmed = false;  // every worker runs the configuration that was asked for
  std::string reason;       // CamelCase: "ImagePullFailed", "CompileFailed", "ConfigureRejected",
                            // "StartTrapped", …
  std::string message;
  bool serving_older = false;                  // the last good generation of it runs instead
  std::string phase;                           // "AUTHN", "AUTHZ", "STATS"; empty: none
  int32_t priority = INT32_MIN;                // INT32_MIN: none was given
  bool fails_open = false;                     // what the policy says while it is in quarantine
  std::weak_ptr<wasm::Plugin> running;         // what serves, for the condition Healthy
  std::optional<std::string> on_trial_before;  // digest of the predecessor that would come back
  std::optional<CanaryStatus> canary;
};

/// Code with its configuration, as workers run it.
struct GenerationCode {
  std::string key;  // identity of what runs: code, configuration, limits; equal keys keep their VMs
  std::shared_ptr<wasm::Plugin> plugin;  // null: it cannot run, and no earlier generation of it can
  std::vector<std::unique_ptr<wasm::Vm>> vms;  // one per worker; empty when the key runs already
};

struct GenerationPlugin {
  GenerationCode main;
  std::optional<GenerationCode>
      predecessor;  // while main is on trial: takes over when main has spent its crash budget
  std::optional<GenerationCode> canary;
  config::Canary canary_rule;      // when there is a canary
  bool open_when_missing = false;  // without code: its failure policy
  bool global = false;
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
