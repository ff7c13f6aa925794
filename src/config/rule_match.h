#pragma once
// Which routes a plug-in concerns: those where it has a global configuration, or where one of its
// rules could match. The guest's own matcher decides each request; this only rules out what can
// never be. (Kinds of a rule and patterns: plugins' rule matcher.)

#include <string>
#include <string_view>

#include "config/model/plugin.h"
#include "config/model/route.h"

namespace wasmgate::config {

/// `text` with its ASCII letters in lower case.
std::string lower_case(std::string_view text);

/// Whether the plug-in is called on this route at all.
bool plugin_concerns(const Plugin& plugin, const Route& route);

/// Whether some request on the route can make this rule win.
bool rule_concerns(const MatchRule& rule, const Route& route);

/// One request as the guest's matcher sees it.
struct MatchedRequest {
  std::string_view host;     // :authority, perhaps with a port
  std::string_view route;    // property route_name
  std::string_view cluster;  // property cluster_name
};

/// Whether the rule matches the request, as the guest's own matcher decides it.
bool rule_matches(const MatchRule& rule, const MatchedRequest& request);

/// What a rule looks at, in the matcher's order: route names (and services, when both lists are
/// there), then prefixes of route names, then services, then domains.
enum class RuleKind : uint8_t { Route, RouteAndService, RoutePrefix, Service, Domain };
RuleKind rule_kind(const MatchRule& rule);

/// Domain patterns: whether `pattern` takes every host that `other` takes ("*x" is a suffix, "x*" a
/// prefix). Letter case counts.
bool domain_covers(const std::string& pattern, const std::string& other);

/// Whether a request to a route of this host ("" any, "*.x" one more label) can carry a Host that
/// `pattern` matches.
bool domain_may_meet(std::string_view pattern, const std::string& host);

/// Whether the entry of a service list ("host" or "host:port") names this cluster.
bool service_names(const std::string& entry, const std::string& cluster);

}  // namespace wasmgate::config
