#include "config/rule_match.h"

#include <algorithm>
#include <vector>

namespace wasmgate::config {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  return out;
}

bool any(const std::vector<std::string>& list, const auto& condition) {
  return std::any_of(list.begin(), list.end(), condition);
}

}  // namespace

bool domain_covers(const std::string& pattern, const std::string& other) {
  if (pattern == other || pattern == "*") {
    return true;
  }
  if (pattern.starts_with('*')) {
    const std::string tail = pattern.substr(1);
    return (other.starts_with('*') || !other.ends_with('*')) &&
           std::string_view(other).substr(other.starts_with('*')).ends_with(tail);
  }
  if (pattern.ends_with('*')) {
    const std::string head = pattern.substr(0, pattern.size() - 1);
    const size_t keep = other.size() - (other.ends_with('*') ? 1 : 0);
    return !other.starts_with('*') && std::string_view(other).substr(0, keep).starts_with(head);
  }
  return false;
}

bool domain_may_meet(std::string_view raw, const std::string& host) {
  const std::string pattern = lower(raw);
  if (host.empty() || pattern == "*") {
    return true;
  }
  if (!host.starts_with("*.")) {
    return domain_covers(pattern, host);
  }
  const std::string_view tail = std::string_view(host).substr(1);  // ".x"
  if (pattern.starts_with('*')) {
    const std::string_view wanted = std::string_view(pattern).substr(1);
    return wanted.ends_with(tail) || tail.ends_with(wanted);
  }
  if (pattern.ends_with('*')) {
    return true;
  }
  return pattern.ends_with(tail) && pattern.size() > tail.size() &&
         pattern.substr(0, pattern.size() - tail.size()).find('.') == std::string::npos;
}

bool service_names(const std::string& entry, const std::string& cluster) {
  const size_t port_start = cluster.find('|');
  const size_t port_end =
      port_start == std::string::npos ? port_start : cluster.find('|', port_start + 1);
  const size_t host_start =
      port_end == std::string::npos ? port_end : cluster.find('|', port_end + 1);
  if (host_start == std::string::npos) {
    return false;
  }
  const std::string host = cluster.substr(host_start + 1);
  return entry == host ||
         entry == host + ":" + cluster.substr(port_start + 1, port_end - port_start - 1);
}

RuleKind rule_kind(const MatchRule& rule) {
  if (!rule.ingress.empty()) {
    return rule.service.empty() ? RuleKind::Route : RuleKind::RouteAndService;
  }
  if (!rule.route_prefix.empty()) {
    return RuleKind::RoutePrefix;
  }
  return rule.service.empty() ? RuleKind::Domain : RuleKind::Service;
}

bool rule_concerns(const MatchRule& rule, const Route& route) {
  const auto named = [&](const std::string& name) {
    return name == route.name || name == "GRPC/" + route.name;
  };
  const auto served = [&](const std::string& entry) { return service_names(entry, route.cluster); };
  switch (rule_kind(rule)) {
    case RuleKind::Route:
      return any(rule.ingress, named);
    case RuleKind::RouteAndService:
      return any(rule.ingress, named) && any(rule.service, served);
    case RuleKind::RoutePrefix:
      return any(rule.route_prefix,
                 [&](const std::string& prefix) { return route.name.starts_with(prefix); });
    case RuleKind::Service:
      return any(rule.service, served);
    case RuleKind::Domain:
      break;
  }
  return any(rule.domain,
             [&](const std::string& domain) { return domain_may_meet(domain, route.host); });
}

bool plugin_concerns(const Plugin& plugin, const Route& route) {
  return plugin.has_global ||
         std::any_of(plugin.rules.begin(), plugin.rules.end(),
                     [&](const MatchRule& rule) { return rule_concerns(rule, route); });
}

}  // namespace wasmgate::config
