#pragma once
// Clusters as plain data: a named set of endpoints, by address (EndpointSlice) or by DNS name
// (ExternalName).

#include <cstdint>
#include <string>
#include <vector>

#include "config/model/location.h"

namespace wasmgate::config {

struct Endpoint {
  std::string address;  // IPv4 or IPv6 literal
  uint16_t port = 0;
};

struct Cluster {
  std::string name;  // "outbound|80||service.namespace.svc.cluster.local"
  std::vector<std::string>
      aliases;           // further names that plug-ins may call, for example "outbound|80||foo.dns"
  std::string dns_name;  // not empty: endpoints are resolved from it (port dns_port)
  uint16_t dns_port = 0;
  std::vector<Endpoint> endpoints;
  bool http2 = false;  // prior knowledge (appProtocol kubernetes.io/h2c or grpc)
  Location location;
};

}  // namespace wasmgate::config
