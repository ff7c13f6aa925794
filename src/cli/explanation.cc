#include "cli/explanation.h"

#include <algorithm>

#include "config/check/json_text.h"
#include "config/config_source.h"
#include "config/rule_match.h"
#include "proxy/route/route_table.h"

namespace wasmgate::cli {
namespace {

using config::RuleKind;

bool is_match_key(std::string_view key) {
  return key.starts_with("_match_") || key == "_disable_" || key == "_rules_" ||
         key == "_plugin_id_";
}

std::string own_configuration(const config::NodePtr& node) {
  std::string out = "{";
  if (node != nullptr) {
    for (const config::Entry& entry : node->entries) {
      if (!is_match_key(entry.key)) {
        out += out.size() == 1 ? "" : ",";
        config::append_json_string(out, entry.key);
        out += ":";
        config::append_json(out, *entry.value, nullptr);
      }
    }
  }
  return out + "}";
}

std::string list(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) {
    out += (out.empty() ? "" : ", ") + word;
  }
  return out;
}

std::string rule_text(const config::MatchRule& rule) {
  switch (config::rule_kind(rule)) {
    case RuleKind::Route:
      return "ingress " + list(rule.ingress);
    case RuleKind::RouteAndService:
      return "ingress " + list(rule.ingress) + " and service " + list(rule.service);
    case RuleKind::RoutePrefix:
      return "route prefix " + list(rule.route_prefix);
    case RuleKind::Service:
      return "service " + list(rule.service);
    case RuleKind::Domain:
      break;
  }
  return "domain " + list(rule.domain);
}

bool is_disabled(const config::NodePtr& node) {
  const config::Node* flag = node == nullptr ? nullptr : node->find("_disable_");
  return flag != nullptr && flag->text == "true";
}

PluginExplanation explain_plugin(const config::Plugin& plugin, const config::Route& route,
                                 const std::string& host) {
  PluginExplanation out;
  out.plugin = &plugin;
  out.called = config::plugin_concerns(plugin, route);
  if (!out.called) {
    out.why = "not called: it has no global configuration, and no rule can match this route";
    return out;
  }
  const config::MatchedRequest request{host, route.name, route.cluster};
  for (size_t i = 0; i < plugin.rules.size(); ++i) {
    const config::MatchRule& rule = plugin.rules[i];
    if (!config::rule_matches(rule, request)) {
      out.passed_over.push_back("rule " + std::to_string(i + 1) + " (" + rule_text(rule) +
                                ") does not match");
      continue;
    }
    const config::NodePtr& node = plugin.source->rules[i].node;
    out.rule = i + 1;
    out.why =
        "rule " + std::to_string(i + 1) + " (" + rule_text(rule) + ") is the first that matches";
    if (is_disabled(node)) {
      out.why += " and turns the plug-in off";
    } else {
      out.configuration = own_configuration(node);
    }
    return out;
  }
  const config::NodePtr& global = plugin.source->global.node;
  if (global != nullptr) {
    out.global = true;
    out.configuration = own_configuration(global);
    out.why = plugin.rules.empty() ? "the global configuration applies"
                                   : "no rule matches: the global configuration applies";
    out.why += global->find("_rules_") != nullptr && plugin.rules.empty()
                   ? ", unless one of its own _rules_ matches"
                   : "";
  } else {
    out.why = plugin.rules.empty()
                  ? "it has no configuration"
                  : "called, but no rule matches and there is no global configuration";
  }
  return out;
}

}  // namespace

std::optional<RequestLine> parse_request_url(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) {
    const std::string_view word = url.substr(0, scheme);
    if (word != "http" && word != "https") {
      return std::nullopt;
    }
    url.remove_prefix(scheme + 3);
  }
  url = url.substr(0, url.find('#'));
  const size_t slash = url.find_first_of("/?");
  const std::string_view host = url.substr(0, slash);
  if (host.empty() || host.find_first_of(" \t@") != std::string_view::npos) {
    return std::nullopt;
  }
  std::string path(slash == std::string_view::npos ? "/" : url.substr(slash));
  if (path[0] != '/') {
    path.insert(path.begin(), '/');
  }
  return RequestLine{std::string(host), std::move(path)};
}

Explanation explain(const config::Model& model, const RequestLine& request) {
  Explanation out;
  const proxy::RouteTable table(model.routes);
  const proxy::RouteIndex index = table.find(request.host, request.path);
  if (index == proxy::kNoRoute) {
    return out;
  }
  out.route = &model.routes[index];
  const auto cluster =
      std::find_if(model.clusters.begin(), model.clusters.end(),
                   [&](const config::Cluster& c) { return c.name == out.route->cluster; });
  out.cluster = cluster == model.clusters.end() ? nullptr : &*cluster;
  for (const config::Plugin& plugin : model.plugins) {
    out.plugins.push_back(explain_plugin(plugin, *out.route, request.host));
  }
  return out;
}

}  // namespace wasmgate::cli
