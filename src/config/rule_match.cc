#include "config/rule_match.h"

#include <algorithm>
#include <vector>

namespace wasmgate::config {
namespace {

bool any(const std::vector<std::string>& list, const auto& condition) {
  return std::any_of(list.begin(), list.end(), condition);
}

// The port is cut at the last ":" unless a "]" follows it.
std::string_view without_port(std::string_view host) {
  const size_t colon = host.rfind(':');
  const bool cut =
      colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos;
  return cut ? host.substr(0, colon) : host;
}

// Only a leading or a trailing star means anything; leading wins.
bool domain_matches(std::string_view pattern, std::string_view host) {
  if (pattern.starts_with('*')) {
    return host.ends_with(pattern.substr(1));
  }
  if (pattern.ends_with('*')) {
    return host.starts_with(pattern.substr(0, pattern.size() - 1));
  }
  return !pattern.empty() && host == pattern;
}

}  // namespace

std::string lower_case(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  return out;
}

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
  const std::string pattern = lower_case(raw);
  if (host.empty() || pattern == "*") {
    return true;
  }
  if (!host.starts_with("*.")) {
    return domain_covers(pattern, host);
  }
  const std::string_view tail = std::string_view(host).substr(1);  // ".x"
  if (pattern.starts_with('*')) {
    const std::string_view wanted = std::string_view(pattern).substr(1);
    if (tail.ends_with(wanted)) {
      return true;
    }
    // What the pattern asks of the one unknown label must not hold a dot.
    return wanted.ends_with(tail) &&
           wanted.substr(0, wanted.size() - tail.size()).find('.') == std::string_view::npos;
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

bool rule_matches(const MatchRule& rule, const MatchedRequest& request) {
  const std::string host = lower_case(without_port(request.host));
  const std::string cluster(request.cluster);
  const auto named = [&](const std::string& name) { return name == request.route; };
  const auto served = [&](const std::string& entry) { return service_names(entry, cluster); };
  switch (rule_kind(rule)) {
    case RuleKind::Route:
      return any(rule.ingress, named);
    case RuleKind::RouteAndService:
      return any(rule.ingress, named) && any(rule.service, served);
    case RuleKind::RoutePrefix:
      return any(rule.route_prefix, [&](const std::string& prefix) {
        return !prefix.empty() && request.route.starts_with(prefix);
      });
    case RuleKind::Service:
      return any(rule.service, served);
    case RuleKind::Domain:
      break;
  }
  return any(rule.domain,
             [&](const std::string& domain) { return domain_matches(lower_case(domain), host); });
}

bool plugin_concerns(const Plugin& plugin, const Route& route) {
  return plugin.has_global ||
         std::any_of(plugin.rules.begin(), plugin.rules.end(),
                     [&](const MatchRule& rule) { return rule_concerns(rule, route); });
}

}  // namespace wasmgate::config
