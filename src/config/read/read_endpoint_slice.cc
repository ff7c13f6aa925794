#include <arpa/inet.h>

#include "config/read/metadata.h"
#include "config/read/read_resources.h"

namespace wasmgate::config {
namespace {

constexpr const char* kServiceLabel = "kubernetes.io/service-name";

void read_port(ObjectReader& port, SliceResource& out) {
  SlicePort read;
  read.name = port.string("name").value_or("");
  read.port = static_cast<uint16_t>(port.integer("port", 1, 65'535).value_or(0));
  const auto protocol = port.word("protocol", {"TCP", "UDP", "SCTP"});
  port.ignore({"appProtocol"});
  port.finish();
  if (read.port != 0 && protocol.value_or(0) == 0) {
    out.ports.push_back(std::move(read));
  }
}

bool is_ready(ObjectReader conditions) {
  const bool ready = conditions.boolean("ready").value_or(true);
  conditions.ignore({"serving", "terminating"});
  conditions.finish();
  return ready;
}

void read_endpoint(ObjectReader& endpoint, int family, SliceResource& out) {
  const bool ready = is_ready(endpoint.object("conditions"));
  endpoint.array("addresses", [&](const Node& item, const std::string& path) {
    in6_addr parsed{};
    if (!item.is(NodeKind::String) || inet_pton(family, item.text.c_str(), &parsed) != 1) {
      endpoint.expected(item, path, family == AF_INET ? "IPv4 address" : "IPv6 address");
      return;
    }
    if (ready) {
      out.addresses.push_back(item.text);
    }
  });
  endpoint.ignore({"hostname", "nodeName", "zone", "targetRef", "hints", "deprecatedTopology"});
  endpoint.finish();
}

}  // namespace

SliceResource read_endpoint_slice(ObjectReader& root) {
  SliceResource out;
  out.metadata = read_metadata(root, "default");
  check_own_annotations(out.metadata, {}, root.context());
  const auto label = out.metadata.labels.find(kServiceLabel);
  if (label == out.metadata.labels.end()) {
    root.context().out.error(
        out.metadata.place, "missing-label",
        std::string("the label ") + kServiceLabel + " names the Service; it is missing");
  } else {
    out.service = label->second;
  }
  root.required_string("addressType");
  const auto type = root.word("addressType", {"IPv4", "IPv6", "FQDN"});
  if (type == 2U) {
    root.warning("addressType", "not-supported",
                 "not supported; use a Service of type ExternalName");
    root.ignore({"endpoints", "ports"});
  } else {
    root.array("ports", [&](const Node& item, const std::string& path) {
      ObjectReader port(root.context(), &item, path);
      read_port(port, out);
    });
    root.array("endpoints", [&](const Node& item, const std::string& path) {
      ObjectReader endpoint(root.context(), &item, path);
      read_endpoint(endpoint, type == 1U ? AF_INET6 : AF_INET, out);
    });
  }
  root.finish();
  return out;
}

}  // namespace wasmgate::config
