#include "config/check/check_ingresses.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "config/check/check_services.h"
#include "config/read/nearest.h"

namespace wasmgate::config {
namespace {

std::string place_text(const Location& at) { return at.file + ":" + std::to_string(at.line); }

// "/foo/" and "/foo" are the same prefix.
std::string same_path(PathMatch match, std::string path) {
  while (match == PathMatch::Prefix && path.size() > 1 && path.ends_with('/')) {
    path.pop_back();
  }
  return path;
}

class RouteBuilder {
 public:
  RouteBuilder(const Resources& resources, Model& model, Diagnostics& out)
      : resources_(resources), model_(model), out_(out) {
    for (const Cluster& cluster : model_.clusters) {
      clusters_.emplace(cluster.name, cluster.endpoints.empty() && cluster.dns_name.empty());
    }
    for (const ServiceResource& service : resources_.services) {
      services_.emplace(service.metadata.full_name(), &service);
    }
  }

  void add(const IngressResource& ingress) {
    const std::string name = route_name(ingress.metadata, model_.gateway.controller_namespace);
    for (const IngressRule& rule : ingress.rules) {
      for (const IngressPath& path : rule.paths) {
        Route route = make_route(ingress, name, path.backend, path.place);
        route.host = rule.host;
        route.match = path.match;
        route.path = path.path;
        add_route(std::move(route), path.place);
      }
      if (!rule.has_http) {
        add_bare_rule(ingress, name, rule);
      }
    }
    if (ingress.default_backend) {
      Route route = make_route(ingress, name + "-default", *ingress.default_backend,
                               ingress.default_backend->place);
      route.default_backend = true;
      add_route(std::move(route), ingress.default_backend->place);
    }
  }

 private:
  // A rule without `http` sends everything for its host to the default backend.
  void add_bare_rule(const IngressResource& ingress, const std::string& name,
                     const IngressRule& rule) {
    if (!ingress.default_backend) {
      out_.warning(rule.place, "no-effect",
                   "the rule has neither paths nor a default backend; it has no effect");
      return;
    }
    if (rule.host.empty()) {
      return;
    }
    Route route = make_route(ingress, name + "-default", *ingress.default_backend, rule.place);
    route.host = rule.host;
    add_route(std::move(route), rule.place);
  }

  Route make_route(const IngressResource& ingress, const std::string& name,
                   const BackendRef& backend, const Place& at) {
    Route route;
    route.name = name;
    route.timeout = ingress.timeout;
    route.location = at.location;
    route.cluster = find_cluster(ingress.metadata.name_space, backend);
    return route;
  }

  void add_route(Route route, const Place& at) {
    const Key key{route.default_backend, route.host, route.match,
                  same_path(route.match, route.path)};
    const auto [first, fresh] = seen_.emplace(key, model_.routes.size());
    if (!fresh) {
      const Route& winner = model_.routes[first->second];
      out_.warning(at, "duplicate-route",
                   route.default_backend
                       ? "the default backend of " + winner.name + " (" +
                             place_text(winner.location) + ") is used; this one is not"
                       : "host \"" + (route.host.empty() ? "*" : route.host) + "\" with path " +
                             route.path + " is routed by " + winner.name + " (" +
                             place_text(winner.location) + ") already; this one has no effect");
      return;
    }
    model_.routes.push_back(std::move(route));
  }

  const ServiceResource* find_service(const std::string& name_space,
                                      const std::string& name) const {
    const auto found = services_.find(name_space + "/" + name);
    return found == services_.end() ? nullptr : found->second;
  }

  std::string find_cluster(const std::string& name_space, const BackendRef& backend) {
    if (backend.service.empty() || (backend.port == 0 && backend.port_name.empty())) {
      return {};  // reported by the reader
    }
    const ServiceResource* service = find_service(name_space, backend.service);
    if (service == nullptr) {
      report_unknown_service(name_space, backend);
      return {};
    }
    const std::string host = backend.service + "." + name_space + ".svc.cluster.local";
    const auto port =
        std::find_if(service->ports.begin(), service->ports.end(), [&](const ServicePort& p) {
          return backend.port != 0 ? p.port == backend.port : p.name == backend.port_name;
        });
    if (port == service->ports.end()) {
      return portless(*service, host, backend);
    }
    std::string name = cluster_name(host, port->port);
    if (const auto known = clusters_.find(name); known != clusters_.end() && known->second) {
      out_.warning(backend.place, "no-endpoints",
                   "Service " + service->metadata.full_name() +
                       " has no ready endpoint for this port; requests get 503");
      known->second = false;  // told once
    }
    return name;
  }

  std::string portless(const ServiceResource& service, const std::string& host,
                       const BackendRef& backend) {
    if (!service.external_name.empty() && service.ports.empty() && backend.port != 0) {
      Cluster cluster;
      cluster.name = cluster_name(host, backend.port);
      cluster.dns_name = service.external_name;
      cluster.dns_port = backend.port;
      cluster.location = service.metadata.place.location;
      if (clusters_.emplace(cluster.name, false).second) {
        model_.clusters.push_back(cluster);
      }
      return cluster.name;
    }
    const std::string shown =
        backend.port != 0 ? std::to_string(backend.port) : "\"" + backend.port_name + "\"";
    std::string ports;
    for (const ServicePort& port : service.ports) {
      ports += (ports.empty() ? "" : ", ") + std::to_string(port.port) +
               (port.name.empty() ? "" : " (" + port.name + ")");
    }
    out_.error(backend.place, "unknown-port",
               "Service " + service.metadata.full_name() + " has no TCP port " + shown +
                   (ports.empty() ? "" : "; it has " + ports));
    return {};
  }

  void report_unknown_service(const std::string& name_space, const BackendRef& backend) {
    std::vector<std::string> names;
    for (const ServiceResource& service : resources_.services) {
      if (service.metadata.name_space == name_space) {
        names.push_back(service.metadata.name);
      }
    }
    out_.error(backend.place, "unknown-service",
               "there is no Service " + name_space + "/" + backend.service,
               nearest(backend.service, names));
  }

  using Key = std::tuple<bool, std::string, PathMatch, std::string>;
  const Resources& resources_;
  Model& model_;
  Diagnostics& out_;
  std::map<std::string, bool> clusters_;  // name → has no endpoints and that was not told yet
  std::map<std::string, const ServiceResource*> services_;  // by "namespace/name"
  std::map<Key, size_t> seen_;
};

}  // namespace

std::string route_name(const Metadata& ingress, const std::string& controller_namespace) {
  return ingress.name_space == controller_namespace ? ingress.name : ingress.full_name();
}

void check_ingresses(const Resources& resources, Model& model, Diagnostics& out) {
  RouteBuilder builder(resources, model, out);
  for (const IngressResource& ingress : resources.ingresses) {
    builder.add(ingress);
  }
}

}  // namespace wasmgate::config
