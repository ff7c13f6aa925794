#include "config/check/check_services.h"

#include <algorithm>
#include <set>

namespace wasmgate::config {
namespace {

std::string service_host(const ServiceResource& service) {
  return service.metadata.name + "." + service.metadata.name_space + ".svc.cluster.local";
}

// "namespace/name" of the Service that a slice belongs to.
std::string owner_of(const SliceResource& slice) {
  return slice.metadata.name_space + "/" + slice.service;
}

// The slice's port that a Service's port means: the one of the same name. A single pair with
// different names is taken too, since files written by hand often name only one side.
const SlicePort* slice_port(const SliceResource& slice, const ServiceResource& service,
                            const ServicePort& port, Diagnostics& out) {
  const auto found = std::find_if(slice.ports.begin(), slice.ports.end(),
                                  [&](const SlicePort& p) { return p.name == port.name; });
  if (found != slice.ports.end()) {
    return &*found;
  }
  if (slice.ports.size() == 1 && service.ports.size() == 1) {
    out.warning(slice.metadata.place, "port-name",
                "the port is called \"" + slice.ports[0].name + "\" here and \"" + port.name +
                    "\" in the Service; Kubernetes would not join them");
    return &slice.ports[0];
  }
  return nullptr;
}

class ClusterBuilder {
 public:
  ClusterBuilder(const Resources& resources, Model& model, Diagnostics& out)
      : model_(model), out_(out) {
    for (const SliceResource& slice : resources.slices) {
      slices_[owner_of(slice)].push_back(&slice);
    }
  }

  void add(const ServiceResource& service) {
    std::set<std::string> names;
    for (const ServicePort& port : service.ports) {
      if (!names.insert(port.name).second) {
        out_.error(port.place, "duplicate-port",
                   "two ports of this Service are called \"" + port.name + "\"");
      }
      Cluster cluster;
      cluster.name = cluster_name(service_host(service), port.port);
      cluster.http2 = port.http2;
      cluster.location = port.place.location;
      if (service.external_name.empty()) {
        add_endpoints(service, port, cluster);
      } else {
        cluster.dns_name = service.external_name;
        cluster.dns_port = port.port;
      }
      add_aliases(service, port, cluster);
      add_cluster(std::move(cluster), port.place);
    }
  }

 private:
  void add_endpoints(const ServiceResource& service, const ServicePort& port, Cluster& cluster) {
    std::set<std::pair<std::string, uint16_t>> seen;
    const auto slices = slices_.find(service.metadata.full_name());
    if (slices == slices_.end()) {
      return;
    }
    for (const SliceResource* slice : slices->second) {
      const SlicePort* target = slice_port(*slice, service, port, out_);
      if (target == nullptr) {
        continue;
      }
      for (const std::string& address : slice->addresses) {
        if (seen.emplace(address, target->port).second) {
          cluster.endpoints.push_back({address, target->port});
        }
      }
    }
  }

  void add_aliases(const ServiceResource& service, const ServicePort& port, Cluster& cluster) {
    for (const Annotation& alias : service.aliases) {
      std::string name = cluster_name(alias.value, port.port);
      if (!names_.insert(name).second) {
        out_.error(alias.place, "duplicate-cluster",
                   "the cluster name " + name + " is taken already");
        continue;
      }
      cluster.aliases.push_back(std::move(name));
    }
  }

  void add_cluster(Cluster cluster, const Place& at) {
    if (!names_.insert(cluster.name).second) {
      out_.error(at, "duplicate-port", "the port " + cluster.name + " stands twice");
      return;
    }
    model_.clusters.push_back(std::move(cluster));
  }

  Model& model_;
  Diagnostics& out_;
  std::map<std::string, std::vector<const SliceResource*>> slices_;  // by owner
  std::set<std::string> names_;
};

void check_slice_owners(const Resources& resources, Diagnostics& out) {
  std::set<std::string> services;
  for (const ServiceResource& service : resources.services) {
    services.insert(service.metadata.full_name());
  }
  for (const SliceResource& slice : resources.slices) {
    const bool known = services.contains(owner_of(slice));
    if (!known && !slice.service.empty()) {
      out.warning(slice.metadata.place, "unknown-service",
                  "there is no Service " + slice.metadata.name_space + "/" + slice.service +
                      "; this slice has no effect");
    }
  }
}

}  // namespace

std::string cluster_name(const std::string& host, uint16_t port) {
  return "outbound|" + std::to_string(port) + "||" + host;
}

void check_services(const Resources& resources, Model& model, Diagnostics& out) {
  ClusterBuilder builder(resources, model, out);
  for (const ServiceResource& service : resources.services) {
    builder.add(service);
  }
  check_slice_owners(resources, out);
}

}  // namespace wasmgate::config
