#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/config_input.h"
#include "cli/exit_codes.h"
#include "cli/explanation.h"
#include "config/diagnostics/render.h"
#include "config/dump_model.h"

namespace wasmgate::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string place(const config::Location& at) { return fmt::format("{}:{}", at.file, at.line); }

std::string host_text(const config::Route& route) {
  if (route.default_backend) {
    return "default backend: no rule matches";
  }
  return fmt::format("host {}, path {} ({})", route.host.empty() ? "*" : route.host, route.path,
                     route.match == config::PathMatch::Exact ? "exact" : "prefix");
}

std::string cluster_text(const config::Cluster& cluster) {
  if (!cluster.dns_name.empty()) {
    return fmt::format("DNS name {}:{}", cluster.dns_name, cluster.dns_port);
  }
  return fmt::format("{} endpoint{}", cluster.endpoints.size(),
                     cluster.endpoints.size() == 1 ? "" : "s");
}

std::string priority_text(const config::Plugin& plugin) {
  return fmt::format(
      "{} {}", config::to_string(plugin.phase),
      plugin.priority == INT32_MIN ? std::string("-") : std::to_string(plugin.priority));
}

std::string canary_text(const config::Canary& canary) {
  std::string who =
      canary.share == 0 ? "" : fmt::format("{:g} % of the requests", canary.share / 100.0);
  if (!canary.header.empty()) {
    who += fmt::format("{}those with the header {}{}", who.empty() ? "" : " and ", canary.header,
                       canary.header_value ? "=" + *canary.header_value : "");
  }
  return fmt::format("canary: {} met by {}", canary.url, who.empty() ? "none" : who);
}

std::string as_text(const Explanation& explanation) {
  const config::Route& route = *explanation.route;
  std::string out =
      fmt::format("route     {}  ({})  {}\n", route.name, place(route.location), host_text(route));
  if (explanation.cluster != nullptr) {
    out += fmt::format("upstream  {}  {}\n", route.cluster, cluster_text(*explanation.cluster));
  }
  if (explanation.plugins.empty()) {
    return out + "plug-ins  none\n";
  }
  out += "plug-ins\n";
  size_t number = 0;
  for (const PluginExplanation& p : explanation.plugins) {
    const std::string mark = p.called ? std::to_string(++number) + "." : "-";
    out += fmt::format("  {:<3} {}  {}  ({})\n", mark, p.plugin->resource, priority_text(*p.plugin),
                       place(p.plugin->location));
    for (const std::string& reason : p.passed_over) {
      out += "        " + reason + "\n";
    }
    out += "        " + p.why + "\n";
    if (!p.configuration.empty()) {
      out += "        " + p.configuration + "\n";
    }
    if (p.called && p.plugin->canary) {
      out += "        " + canary_text(*p.plugin->canary) + "\n";
    }
  }
  return out;
}

Json as_json(const PluginExplanation& p) {
  Json out;
  out["resource"] = p.plugin->resource;
  out["phase"] = config::to_string(p.plugin->phase);
  out["priority"] = p.plugin->priority;
  out["called"] = p.called;
  out["rule"] = p.rule;
  out["global"] = p.global;
  out["configuration"] = p.configuration.empty() ? Json() : Json(p.configuration);
  out["why"] = p.why;
  out["passedOver"] = p.passed_over;
  if (p.plugin->canary) {
    const config::Canary& canary = *p.plugin->canary;
    out["canary"] = Json{{"url", canary.url}, {"percent", canary.share / 100.0}};
    if (!canary.header.empty()) {
      out["canary"]["header"] =
          canary.header + (canary.header_value ? "=" + *canary.header_value : "");
    }
  }
  return out;
}

std::string as_json(const Explanation& explanation) {
  const config::Route& route = *explanation.route;
  Json out;
  out["route"] = Json{{"name", route.name},
                      {"host", route.host},
                      {"path", route.path},
                      {"match", route.match == config::PathMatch::Exact ? "Exact" : "Prefix"},
                      {"defaultBackend", route.default_backend},
                      {"place", place(route.location)}};
  out["cluster"] = route.cluster;
  out["plugins"] = Json::array();
  for (const PluginExplanation& p : explanation.plugins) {
    out["plugins"].push_back(as_json(p));
  }
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

int explain_command(const ExplainOptions& options, Console& console) {
  const auto request = parse_request_url(options.url);
  if (!request) {
    console.err << "wasmgate explain: \"" << options.url
                << "\" is not http://host/path or host/path\n";
    return kUsage;
  }
  const ConfigInput input = load_paths(options.paths, console);
  if (!input.model) {
    console.err << config::render_text(input.diagnostics, input.sources)
                << config::render_summary(input.diagnostics, input.sources.size());
    return kInvalidConfiguration;
  }
  const Explanation explanation = explain(*input.model, *request);
  if (explanation.route == nullptr) {
    console.err << "no route takes " << request->host << request->path
                << "; the gateway answers 404\n";
    return kNotFound;
  }
  console.out << (options.output == "json" ? as_json(explanation) : as_text(explanation));
  return kOk;
}

}  // namespace wasmgate::cli
