#pragma once
// The resources as they were read, one by one, before they are checked against each other. Places
// are kept for those checks.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/diagnostics/diagnostics.h"
#include "config/model/plugin.h"
#include "config/model/route.h"
#include "config/yaml/node.h"

namespace wasmgate::config {

struct Annotation {
  std::string key;
  std::string value;
  Place place;  // of the value
};

struct Metadata {
  std::string name;
  std::string name_space;
  std::map<std::string, std::string> labels;
  std::vector<Annotation> annotations;
  Place place;  // of the name, or of the document

  std::string full_name() const { return name_space + "/" + name; }
};

struct ServicePort {
  std::string name;
  uint16_t port = 0;
  bool http2 = false;
  Place place;
};

struct ServiceResource {
  Metadata metadata;
  std::string external_name;  // not empty: ExternalName
  std::vector<ServicePort> ports;
  std::vector<Annotation> aliases;  // value: one host name each
};

struct SlicePort {
  std::string name;
  uint16_t port = 0;
};

struct SliceResource {
  Metadata metadata;
  std::string service;  // label kubernetes.io/service-name
  std::vector<SlicePort> ports;
  std::vector<std::string> addresses;  // of ready endpoints
};

struct BackendRef {
  std::string service;
  std::string port_name;
  uint16_t port = 0;  // 0: by name
  Place place;
};

struct IngressPath {
  std::string path;
  PathMatch match = PathMatch::Prefix;
  BackendRef backend;
  Place place;
};

struct IngressRule {
  std::string host;
  std::vector<IngressPath> paths;
  bool has_http = false;
  Place place;
};

struct IngressResource {
  Metadata metadata;
  std::optional<BackendRef> default_backend;
  std::vector<IngressRule> rules;
  std::optional<std::chrono::milliseconds> timeout;
};

struct SecretResource {
  Metadata metadata;
  std::string type;
  std::map<std::string, std::string> data;  // decoded
};

/// One item of matchRules.
struct PluginRule {
  std::vector<std::string> ingress;
  std::vector<std::string> domain;
  std::vector<std::string> service;
  NodePtr config;  // null: none
  bool grpc = false;
  bool disabled = false;
  bool broken = false;  // could not be read wholly; told already
  Place place;
};

struct PluginResource {
  Metadata metadata;
  Plugin plugin;          // what needs no other resource is filled in
  NodePtr plugin_config;  // null: absent
  NodePtr default_config;
  bool default_config_disabled = false;
  std::vector<PluginRule> rules;
  Place pull_secret_place;
};

struct Resources {
  GatewayConfig gateway;
  std::optional<Place> gateway_place;
  std::vector<ServiceResource> services;
  std::vector<SliceResource> slices;
  std::vector<IngressResource> ingresses;
  std::vector<SecretResource> secrets;
  std::vector<PluginResource> plugins;
};

}  // namespace wasmgate::config
