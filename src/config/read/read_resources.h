#pragma once
// One reader per kind: a document in, a resource struct out, findings beside. No reader looks at
// another resource.

#include "config/read/object_reader.h"
#include "config/resource/resources.h"

namespace wasmgate::config {

/// kind GatewayConfig, wasmgate.io/v1alpha1: over the defaults that are in `out`.
void read_gateway_config(ObjectReader& root, GatewayConfig& out);

/// kind Service, v1.
ServiceResource read_service(ObjectReader& root);

/// kind EndpointSlice, discovery.k8s.io/v1.
SliceResource read_endpoint_slice(ObjectReader& root);

/// kind Ingress, networking.k8s.io/v1.
IngressResource read_ingress(ObjectReader& root);

/// kind Secret, v1. Values never reach the diagnostics.
SecretResource read_secret(ObjectReader& root);

/// kind WasmPlugin, extensions.higress.io/v1alpha1 (and the common part of Istio's). `gateway`: for
/// the plug-ins' defaults and the namespace.
PluginResource read_wasm_plugin(ObjectReader& root, const GatewayConfig& gateway);

/// A host of a rule: a DNS name in lower case, or "*." before one. Returns nothing for other text.
std::optional<std::string> parse_rule_host(std::string_view text);

}  // namespace wasmgate::config
