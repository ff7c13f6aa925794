#include <algorithm>
#include <array>

#include "config/read/metadata.h"
#include "config/read/read_resources.h"
#include "config/read/units.h"

namespace wasmgate::config {
namespace {

BackendRef read_backend(ObjectReader backend) {
  BackendRef out;
  out.place = backend.place();
  if (backend.take("resource") != nullptr) {
    backend.error("resource", "not-supported",
                  "resource backends are not supported; name a service");
    backend.ignore({"service"});
    backend.finish();
    return out;
  }
  if (backend.present() && backend.take("service") == nullptr) {
    backend.context().out.error(out.place, "missing-field", "the field \"service\" is missing");
  }
  ObjectReader service = backend.object("service");
  out.service = service.required_string("name");
  out.place = service.present() ? service.place_of_field("name") : out.place;
  ObjectReader port = service.object("port");
  out.port = static_cast<uint16_t>(port.integer("number", 1, 65'535).value_or(0));
  out.port_name = port.string("name").value_or("");
  if (service.present() && !port.present()) {
    service.context().out.error(out.place, "missing-field", "the field \"port\" is missing");
  } else if (port.present() &&
             (port.node()->find("number") == nullptr) == (port.node()->find("name") == nullptr)) {
    port.context().out.error(port.place(), "bad-port",
                             "give exactly one of \"number\" and \"name\"");
  }
  port.finish();
  service.finish();
  backend.finish();
  return out;
}

IngressPath read_path(ObjectReader& reader) {
  IngressPath out;
  out.place = reader.place_of_field("path");
  out.path = reader.string("path").value_or("");
  if (reader.present() && reader.take("pathType") == nullptr) {
    reader.context().out.error(reader.place(), "missing-field", "the field \"pathType\" is missing",
                               "pathType: Prefix");
  }
  const auto type = reader.word("pathType", {"Exact", "Prefix", "ImplementationSpecific"});
  out.match = type == 0U ? PathMatch::Exact : PathMatch::Prefix;
  if (out.path.empty() && type == 2U) {
    out.path = "/";
  }
  if (reader.present() && !out.path.starts_with('/')) {
    reader.error("path", "bad-path", "a path starts with \"/\"");
  }
  if (out.path.find_first_of("?# ") != std::string::npos) {
    reader.error("path", "bad-path", "a path has no query, fragment or space");
  }
  if (reader.present() && reader.take("backend") == nullptr) {
    reader.context().out.error(reader.place(), "missing-field", "the field \"backend\" is missing");
  }
  out.backend = read_backend(reader.object("backend"));
  reader.finish();
  return out;
}

IngressRule read_rule(ObjectReader& reader) {
  IngressRule out;
  out.place = reader.place();
  if (const auto host = reader.string("host"); host && !host->empty()) {
    out.place = reader.place_of_field("host");
    const auto parsed = parse_rule_host(*host);
    if (!parsed) {
      reader.error("host", "bad-host", "a host is a DNS name without port, or \"*.\" before one");
    }
    out.host = parsed.value_or("invalid.");
  }
  ObjectReader http = reader.object("http");
  out.has_http = http.present();
  http.array("paths", [&](const Node& item, const std::string& path) {
    ObjectReader entry(reader.context(), &item, path);
    out.paths.push_back(read_path(entry));
  });
  if (http.present() && out.paths.empty() && http.node()->find("paths") == nullptr) {
    http.context().out.error(http.place(), "missing-field", "the field \"paths\" is missing");
  }
  http.finish();
  reader.finish();
  return out;
}

// Annotations of the two families that ingress controllers share: those honoured are applied, the
// rest is told.
void read_shared_annotations(IngressResource& out, ReadContext& context) {
  constexpr std::array<std::string_view, 2> kPrefixes{"higress.io/",
                                                      "nginx.ingress.kubernetes.io/"};
  for (const Annotation& annotation : out.metadata.annotations) {
    const auto* prefix = std::find_if(kPrefixes.begin(), kPrefixes.end(), [&](std::string_view p) {
      return annotation.key.starts_with(p);
    });
    if (prefix == kPrefixes.end()) {
      continue;
    }
    const std::string name = annotation.key.substr(prefix->size());
    if (name == "timeout" && *prefix == kPrefixes[0]) {
      const auto seconds = parse_integer(annotation.value);
      if (!seconds || *seconds < 0 || *seconds > 86'400) {
        context.out.error(annotation.place, "bad-value", "seconds from 0 to 86400 are needed");
      } else {
        out.timeout = std::chrono::seconds(*seconds);
      }
    } else if (name.ends_with("-snippet")) {
      context.out.error(
          annotation.place, "snippet",
          "snippets are refused: they would put foreign text into the gateway's own configuration");
    } else {
      context.out.warning(annotation.place, "annotation-ignored",
                          "annotation " + annotation.key + " is not honoured (ignored)");
    }
  }
}

bool is_ip_like(std::string_view host) {
  return host.find_first_not_of("0123456789.") == std::string_view::npos;
}

}  // namespace

std::optional<std::string> parse_rule_host(std::string_view text) {
  std::string host(text);
  std::transform(host.begin(), host.end(), host.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  const std::string_view name = std::string_view(host).substr(host.starts_with("*.") ? 2 : 0);
  if (!is_resource_name(name) || is_ip_like(name)) {
    return std::nullopt;
  }
  return host;
}

IngressResource read_ingress(ObjectReader& root) {
  IngressResource out;
  out.metadata = read_metadata(root, "default");
  check_own_annotations(out.metadata, {}, root.context());
  read_shared_annotations(out, root.context());
  ObjectReader spec = root.object("spec");
  if (!spec.present()) {
    root.context().out.error(root.place(), "missing-field", "the field \"spec\" is missing");
  }
  if (ObjectReader backend = spec.object("defaultBackend"); backend.present()) {
    out.default_backend = read_backend(backend);
  }
  spec.array("rules", [&](const Node& item, const std::string& path) {
    ObjectReader rule(root.context(), &item, path);
    out.rules.push_back(read_rule(rule));
  });
  spec.not_yet({"tls"});
  spec.ignore({"ingressClassName"});
  spec.finish();
  root.ignore({"status"});
  root.finish();
  if (spec.present() && !out.default_backend && out.rules.empty()) {
    root.context().out.error(spec.place(), "empty",
                             "neither \"rules\" nor \"defaultBackend\" is given");
  }
  return out;
}

}  // namespace wasmgate::config
