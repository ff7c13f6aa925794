#include "config/read/metadata.h"
#include "config/read/read_resources.h"

namespace wasmgate::config {
namespace {

bool speaks_http2(std::string_view protocol) {
  return protocol == "kubernetes.io/h2c" || protocol == "grpc" || protocol == "http2" ||
         protocol == "h2c";
}

void read_port(ObjectReader& port, bool external, ServiceResource& out) {
  ServicePort read;
  read.name = port.string("name").value_or("");
  read.port = static_cast<uint16_t>(port.integer("port", 1, 65'535).value_or(0));
  read.place = port.place();
  const auto protocol = port.word("protocol", {"TCP", "UDP", "SCTP"});
  const std::string application = port.string("appProtocol").value_or("");
  read.http2 = speaks_http2(application);
  const Node* target = port.take("targetPort");
  if (external && target != nullptr && target->text != std::to_string(read.port)) {
    port.warning("targetPort", "no-effect",
                 "has no effect in a Service of type ExternalName: requests go to \"port\"");
  }
  port.ignore({"nodePort"});
  port.finish();
  if (port.node() != nullptr && port.node()->find("port") == nullptr) {
    port.context().out.error(read.place, "missing-field", "the field \"port\" is missing");
  }
  if (application == "https" || application == "tls" || application == "kubernetes.io/wss") {
    port.warning("appProtocol", "not-supported",
                 "TLS to this port is not supported yet; plain text is spoken");
  }
  if (read.port != 0 && protocol.value_or(0) == 0) {
    out.ports.push_back(std::move(read));
  }
}

void read_aliases(ReadContext& context, ServiceResource& out) {
  for (const Annotation& annotation : out.metadata.annotations) {
    if (annotation.key != std::string(kOwnPrefix) + "cluster-alias") {
      continue;
    }
    if (!is_resource_name(annotation.value)) {
      context.out.error(annotation.place, "bad-name",
                        "an alias is a host name such as \"foo.dns\" or \"foo.static\"");
      continue;
    }
    out.aliases.push_back(annotation);
  }
}

}  // namespace

ServiceResource read_service(ObjectReader& root) {
  ServiceResource out;
  out.metadata = read_metadata(root, "default");
  check_own_annotations(out.metadata, {"cluster-alias"}, root.context());
  read_aliases(root.context(), out);
  ObjectReader spec = root.object("spec");
  const auto type = spec.word("type", {"ClusterIP", "NodePort", "LoadBalancer", "ExternalName"});
  if (type == 3U) {
    out.external_name = spec.required_string("externalName");
    if (!out.external_name.empty() && !is_resource_name(out.external_name)) {
      spec.error("externalName", "bad-name", "a DNS name in lower case is needed");
    }
  } else {
    spec.ignore({"externalName"});
  }
  spec.array("ports", [&](const Node& item, const std::string& path) {
    ObjectReader port(spec.context(), &item, path);
    read_port(port, type == 3U, out);
  });
  if (spec.present() && type != 3U && spec.take("ports") == nullptr) {
    root.context().out.error(spec.place(), "missing-field", "the field \"ports\" is missing");
  }
  spec.ignore({"selector", "clusterIP", "clusterIPs", "externalIPs", "sessionAffinity",
               "sessionAffinityConfig", "loadBalancerIP", "loadBalancerSourceRanges",
               "loadBalancerClass", "externalTrafficPolicy", "internalTrafficPolicy",
               "healthCheckNodePort", "publishNotReadyAddresses", "ipFamilies", "ipFamilyPolicy",
               "allocateLoadBalancerNodePorts", "trafficDistribution"});
  spec.finish();
  root.ignore({"status"});
  root.finish();
  return out;
}

}  // namespace wasmgate::config
