#include "server/plugin_scope.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "config/rule_match.h"

namespace wasmgate::server {
namespace {

bool service_matches(const std::vector<std::string>& services, std::string_view cluster) {
  // direction|port|subset|fqdn
  std::vector<std::string_view> parts;
  for (size_t at = 0;;) {
    const size_t bar = cluster.find('|', at);
    parts.push_back(cluster.substr(at, bar == std::string_view::npos ? bar : bar - at));
    if (bar == std::string_view::npos) {
      break;
    }
    at = bar + 1;
  }
  if (parts.size() != 4) {
    return false;
  }
  const std::string with_port = std::string(parts[3]) + ":" + std::string(parts[1]);
  return std::any_of(services.begin(), services.end(),
                     [&](const std::string& s) { return s == parts[3] || s == with_port; });
}

// Could some host that the route's pattern admits match the rule's pattern? A route's "*.x" admits
// one more label in front of
// ".x"; a rule's "*x" is a suffix and "x*" a prefix.
bool domain_could_match(std::string_view raw, std::string_view route_host) {
  const std::string rule = config::lower_case(raw);
  if (route_host.empty() || rule == "*") {
    return true;
  }
  const bool wild_route = route_host.starts_with("*.");
  const std::string_view tail = wild_route ? route_host.substr(1) : route_host;  // ".x"
  if (rule.starts_with('*')) {
    const std::string_view suffix = std::string_view(rule).substr(1);
    if (tail.ends_with(suffix)) {
      return true;
    }
    // The unknown label has no dot, and may end in anything.
    return wild_route && suffix.ends_with(tail) &&
           suffix.substr(0, suffix.size() - tail.size()).find('.') == std::string_view::npos;
  }
  if (rule.ends_with('*')) {
    const std::string_view prefix = std::string_view(rule).substr(0, rule.size() - 1);
    return wild_route || route_host.starts_with(prefix);
  }
  return wild_route ? rule.ends_with(tail) && rule.size() > tail.size() : rule == route_host;
}

}  // namespace

bool rule_could_match(const config::MatchRule& rule, const config::Route& route) {
  if (!rule.ingress.empty()) {
    const bool named =
        std::find(rule.ingress.begin(), rule.ingress.end(), route.name) != rule.ingress.end();
    return named && (rule.service.empty() || service_matches(rule.service, route.cluster));
  }
  if (!rule.service.empty()) {
    return service_matches(rule.service, route.cluster);
  }
  return std::any_of(rule.domain.begin(), rule.domain.end(),
                     [&](const std::string& d) { return domain_could_match(d, route.host); });
}

bool plugin_stands_in(const config::Plugin& plugin, const config::Route& route) {
  return plugin.has_global ||
         std::any_of(plugin.rules.begin(), plugin.rules.end(),
                     [&](const config::MatchRule& r) { return rule_could_match(r, route); });
}

}  // namespace wasmgate::server
