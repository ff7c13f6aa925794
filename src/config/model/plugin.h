#pragma once
// A WasmPlugin as plain data: where the code comes from, what configuration the guest gets, where
// in the chain it stands, what happens when it fails, and how much it may use.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/model/gateway.h"
#include "config/model/location.h"

namespace wasmgate::config {

enum class PluginPhase : uint8_t { Authn, Authz, Stats, Unspecified };  // order of the chain
enum class PullPolicy : uint8_t { Unspecified, IfNotPresent, Always };

/// The nodes of defaultConfig, pluginConfig and the rules' config with their places, for checks
/// against a schema (config/schema).
struct ConfigSource;

/// Why a plug-in cannot go live although its resource is well-formed; the rest of the snapshot can.
struct PluginProblem {
  std::string reason;   // a condition's reason: "SecretNotFound"
  std::string message;  // for people
  Location location;
};

/// What one rule of matchRules looks at, so that the host knows which routes concern the plug-in.
struct MatchRule {
  std::vector<std::string>
      ingress;  // route names as the guest compares them ("GRPC/…" for gRPC rules)
  std::vector<std::string>
      route_prefix;  // only as the key _match_route_prefix_ in the rule's config
  std::vector<std::string> domain;
  std::vector<std::string> service;
  Location location;
};

/// Other code of the same plug-in, with the same configuration, that a part of the requests meets.
struct Canary {
  std::string url;     // as written
  std::string file;    // file:// urls: the path
  uint32_t share = 0;  // of the requests, in hundredths of a percent
  std::string
      header;  // requests with this header (lower case) meet it whatever the share; empty: none do
  std::optional<std::string> header_value;  // … with exactly this value; nothing: with any
  Location location;
};

struct Plugin {
  std::string name;      // "namespace.name": property plugin_name
  std::string resource;  // "namespace/name": for messages, and the default vm_id
  std::string root_id;   // pluginName; may be empty
  std::string url;       // as written
  std::string file;      // file:// urls: the path, relative ones resolved against the document
  std::string sha256;    // lower-case hex or empty
  PullPolicy pull_policy = PullPolicy::Unspecified;
  std::string pull_secret;
  std::string pull_credentials;  // the secret's dockerconfigjson text; a secret: never shown
  std::string verification_key;
  std::optional<std::string> configuration;  // the JSON the guest gets; none: size 0
  std::optional<std::string>
      configuration_shown;  // the same with secret placeholders left in: for logs, pages and dumps
  std::shared_ptr<const ConfigSource> source;
  std::string vm_configuration;
  std::map<std::string, std::string> environment;
  std::set<std::string>
      host_environment;  // names taken from the gateway's own environment (valueFrom: HOST)
  PluginPhase phase = PluginPhase::Unspecified;
  int32_t priority = INT32_MIN;
  FailStrategy fail_strategy = FailStrategy::Close;
  std::map<FailCause, FailStrategy> fail_on;
  bool required = false;
  PluginLimits limits;
  std::set<std::string> capabilities;      // empty: all hostcalls
  std::set<std::string> callout_clusters;  // empty: every cluster of the snapshot
  bool has_global = false;  // a global configuration: the plug-in stands in every route
  std::vector<MatchRule> rules;
  std::optional<Canary> canary;
  std::optional<PluginProblem>
      problem;  // set: keep the last good generation, or apply the failure policy
  Location location;
};

}  // namespace wasmgate::config
