#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "config/load.h"
#include "config/rule_match.h"

namespace wasmgate::config {
namespace {

class RuleCheck {
 public:
  RuleCheck(const Model& model, const Plugin& plugin, std::vector<RuleWarning>& out)
      : model_(model), plugin_(plugin), out_(out) {}

  void run() {
    for (size_t i = 0; i < plugin_.rules.size(); ++i) {
      const MatchRule& rule = plugin_.rules[i];
      if (shadowed(i)) {
        continue;
      }
      warn_about_unused_lists(i, rule);
      if (!rule.ingress.empty()) {
        warn_about_unknown(i, rule.ingress, "ingress",
                           [&](const std::string& name) { return has_route(name); });
      }
      if (looks_at_services(rule)) {
        warn_about_unknown(i, rule.service, "service",
                           [&](const std::string& name) { return has_service(name); });
      }
      if (by_domain(rule)) {
        warn_about_unknown(i, rule.domain, "domain",
                           [&](const std::string& name) { return name == "*" || has_host(name); });
      }
    }
  }

 private:
  static bool by_domain(const MatchRule& rule) {
    return rule.ingress.empty() && rule.service.empty();
  }

  bool shadowed(size_t index) {
    const MatchRule& rule = plugin_.rules[index];
    for (size_t i = 0; i < index; ++i) {
      const std::string reason = why_shadowed(plugin_.rules[i], rule);
      if (!reason.empty()) {
        warn(index, "can never match: rule " + std::to_string(i + 1) + " " + reason);
        return true;
      }
    }
    return false;
  }

  // Why `earlier` takes every request of `rule`; empty when it does not.
  static std::string why_shadowed(const MatchRule& earlier, const MatchRule& rule) {
    if (by_domain(earlier)) {
      if (std::find(earlier.domain.begin(), earlier.domain.end(), "*") != earlier.domain.end()) {
        return "(domain \"*\") already takes every request";
      }
      const bool all =
          by_domain(rule) &&
          std::all_of(rule.domain.begin(), rule.domain.end(), [&](const auto& domain) {
            return std::any_of(earlier.domain.begin(), earlier.domain.end(), [&](const auto& e) {
              return domain_covers(lower_case(e), lower_case(domain));
            });
          });
      return all ? "already takes all its domains" : "";
    }
    const bool routes = subset(rule.ingress, earlier.ingress);
    const bool services = subset(rule.service, earlier.service);
    switch (rule_kind(earlier)) {
      case RuleKind::Route:
        return routes ? "already takes all its ingresses" : "";
      case RuleKind::RouteAndService:
        return routes && services ? "already takes all its ingresses and services" : "";
      case RuleKind::Service:
        // A rule that looks at services wins only where one of them is the cluster.
        return services && looks_at_services(rule) ? "already takes all its services" : "";
      default:
        return "";
    }
  }

  static bool looks_at_services(const MatchRule& rule) {
    return rule_kind(rule) == RuleKind::Service || rule_kind(rule) == RuleKind::RouteAndService;
  }

  static bool subset(const std::vector<std::string>& part, const std::vector<std::string>& whole) {
    return !part.empty() && std::all_of(part.begin(), part.end(), [&](const std::string& item) {
      return std::find(whole.begin(), whole.end(), item) != whole.end();
    });
  }

  void warn_about_unused_lists(size_t index, const MatchRule& rule) {
    const RuleKind kind = rule_kind(rule);
    if (!by_domain(rule) && !rule.domain.empty()) {
      warn(index, "has a domain list that is not looked at, because it has " + winner_list(kind));
    }
    if (kind == RuleKind::RoutePrefix && !rule.service.empty()) {
      warn(index, "has a service list that is not looked at, because it has " + winner_list(kind));
    }
  }

  static std::string winner_list(RuleKind kind) {
    return kind == RuleKind::RoutePrefix ? "_match_route_prefix_"
           : kind == RuleKind::Service   ? "a service list"
                                         : "an ingress list";
  }

  void warn_about_unknown(size_t index, const std::vector<std::string>& names,
                          const std::string& kind,
                          const std::function<bool(const std::string&)>& known) {
    for (const std::string& name : names) {
      if (name.empty()) {
        warn(index, "has an empty " + kind + ", which is dropped");
      } else if (!known(name)) {
        warn(index, "names the " + kind + " \"" + name + "\", which no route has");
      }
    }
  }

  bool has_route(const std::string& name) const {
    return std::any_of(model_.routes.begin(), model_.routes.end(),
                       [&](const Route& route) { return route.name == name; });
  }

  bool has_host(const std::string& pattern) const {
    return std::any_of(model_.routes.begin(), model_.routes.end(),
                       [&](const Route& route) { return domain_may_meet(pattern, route.host); });
  }

  bool has_service(const std::string& entry) const {
    return std::any_of(model_.routes.begin(), model_.routes.end(),
                       [&](const Route& route) { return service_names(entry, route.cluster); });
  }

  void warn(size_t index, std::string message) {
    out_.push_back({plugin_.resource, index + 1,
                    "rule " + std::to_string(index + 1) + " " + std::move(message),
                    plugin_.rules[index].location});
  }

  const Model& model_;
  const Plugin& plugin_;
  std::vector<RuleWarning>& out_;
};

}  // namespace

std::vector<RuleWarning> find_dead_rules(const Model& model) {
  std::vector<RuleWarning> out;
  for (const Plugin& plugin : model.plugins) {
    RuleCheck(model, plugin, out).run();
  }
  return out;
}

void add_dead_rules(const Model& model, Diagnostics& out) {
  for (RuleWarning& warning : find_dead_rules(model)) {
    Diagnostic d;
    d.severity = Severity::Warning;
    d.rule = "dead-rule";
    d.location = warning.location;
    d.message = std::move(warning.message);
    out.add(std::move(d));
  }
}

}  // namespace wasmgate::config
