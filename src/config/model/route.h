#pragma once
// Routes as plain data: which host and path go to which cluster, under which name. An Ingress
// becomes one Route per host and path; all of one Ingress share its name (plug-ins' matchRules
// speak of it).

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/model/location.h"

namespace wasmgate::config {

enum class PathMatch : uint8_t {
  Exact,
  Prefix
};  // Prefix: by path segments, as Kubernetes defines it

struct Route {
  std::string name;  // "default/foo"; without namespace for the controller's own namespace
  std::string host;  // "" every host; "*.x" exactly one more label; else exact, lower case
  PathMatch match = PathMatch::Prefix;
  std::string path = "/";
  std::string cluster;           // name of a Cluster
  bool default_backend = false;  // used only when no rule of any Ingress matches
  std::optional<std::chrono::milliseconds> timeout;  // none: the gateway's
  Location location;
};

}  // namespace wasmgate::config
