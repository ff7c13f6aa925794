#include "match_rule.h"

#include <algorithm>

namespace wasmgate::sdk {
namespace {

using Wasm::Common::JsonObject;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equal_without_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

/// Takes a match list out of `rule`. Absent, null and empty lists give an empty vector.
bool take_list(JsonObject& rule, std::string_view key, const std::string& path,
               std::vector<std::string>& out, std::vector<std::string>& warnings,
               std::string& error) {
  const auto found = rule.find(std::string(key));
  if (found == rule.end()) {
    return true;
  }
  const JsonObject value = std::move(*found);
  rule.erase(found);
  const auto add = [&](const JsonObject& element, const std::string& place) {
    auto text = Wasm::Common::JsonValueAs<std::string>(element).first;
    if (!text) {
      error = place + ": expected a string or an unsigned integer";
      return false;
    }
    if (text->empty()) {
      warnings.push_back(place + ": an empty string matches nothing and is dropped");
    } else {
      out.push_back(std::move(*text));
    }
    return true;
  };
  const std::string place = path + "." + std::string(key);
  if (value.is_null()) {
    return true;
  }
  if (!value.is_array()) {
    return add(value, place);
  }
  for (size_t index = 0; index < value.size(); ++index) {
    if (!add(value[index], place + "[" + std::to_string(index) + "]")) {
      return false;
    }
  }
  return true;
}

bool take_disabled(JsonObject& rule, const std::string& path, std::vector<std::string>& warnings) {
  const auto found = rule.find(std::string(kDisableKey));
  if (found == rule.end()) {
    return false;
  }
  const auto value = Wasm::Common::JsonValueAs<bool>(*found).first;
  rule.erase(found);
  if (!value) {
    warnings.push_back(path + "._disable_: not true or false; the rule is not disabled");
  }
  return value.value_or(false);
}

}  // namespace

std::string_view without_port(std::string_view authority) {
  const size_t colon = authority.rfind(':');
  if (colon == std::string_view::npos || authority.find(']', colon) != std::string_view::npos) {
    return authority;
  }
  return authority.substr(0, colon);
}

bool domain_matches(std::string_view pattern, std::string_view host) {
  if (!pattern.empty() && pattern.front() == '*') {
    pattern.remove_prefix(1);
    return host.size() >= pattern.size() &&
           equal_without_case(pattern, host.substr(host.size() - pattern.size()));
  }
  if (!pattern.empty() && pattern.back() == '*') {
    pattern.remove_suffix(1);
    return equal_without_case(pattern, host.substr(0, pattern.size()));
  }
  return equal_without_case(pattern, host);
}

bool service_matches(std::string_view entry, std::string_view cluster) {
  if (std::count(cluster.begin(), cluster.end(), '|') != 3) {
    return false;
  }
  const size_t port_at = cluster.find('|') + 1;
  const size_t port_end = cluster.find('|', port_at);
  const std::string_view port = cluster.substr(port_at, port_end - port_at);
  const std::string_view fqdn = cluster.substr(cluster.rfind('|') + 1);
  if (entry.substr(0, fqdn.size()) != fqdn) {
    return false;
  }
  const std::string_view rest = entry.substr(fqdn.size());
  return rest.empty() || (rest.front() == ':' && rest.substr(1) == port);
}

std::optional<MatchRule> MatchRule::take_from(JsonObject& rule, const std::string& path,
                                              std::vector<std::string>& warnings,
                                              std::string& error) {
  std::vector<std::string> routes, prefixes, services, domains;
  if (!take_list(rule, kMatchRouteKey, path, routes, warnings, error) ||
      !take_list(rule, kMatchRoutePrefixKey, path, prefixes, warnings, error) ||
      !take_list(rule, kMatchServiceKey, path, services, warnings, error) ||
      !take_list(rule, kMatchDomainKey, path, domains, warnings, error)) {
    return std::nullopt;
  }
  MatchRule result;
  result.disabled_ = take_disabled(rule, path, warnings);
  const auto ignored = [&](const std::vector<std::string>& list, std::string_view key) {
    if (!list.empty()) {
      warnings.push_back(path + "." + std::string(key) +
                         ": ignored, because another match list of the rule comes before it");
    }
  };
  if (!routes.empty()) {
    result.kind_ = services.empty() ? Kind::Route : Kind::RouteAndService;
    result.first_ = std::move(routes);
    result.services_ = std::move(services);
    ignored(prefixes, kMatchRoutePrefixKey);
    ignored(domains, kMatchDomainKey);
  } else if (!prefixes.empty()) {
    result.kind_ = Kind::RoutePrefix;
    result.first_ = std::move(prefixes);
    ignored(services, kMatchServiceKey);
    ignored(domains, kMatchDomainKey);
  } else if (!services.empty()) {
    result.kind_ = Kind::Service;
    result.services_ = std::move(services);
    ignored(domains, kMatchDomainKey);
  } else if (!domains.empty()) {
    result.kind_ = Kind::Domain;
    result.first_ = std::move(domains);
    result.warn_about_port(path, warnings);
  } else {
    error = path +
            ": a rule needs one of _match_route_, _match_route_prefix_, _match_service_ and "
            "_match_domain_";
    return std::nullopt;
  }
  return result;
}

void MatchRule::warn_about_port(const std::string& path, std::vector<std::string>& warnings) const {
  for (const std::string& domain : first_) {
    const bool prefix = domain.front() != '*' && domain.back() == '*';
    if (!prefix && without_port(domain).size() != domain.size()) {
      warnings.push_back(path + "._match_domain_: \"" + domain +
                         "\" never matches, because the port is removed from the host");
    }
  }
}

bool MatchRule::matches(const MatchInput& input) const {
  const auto any = [](const std::vector<std::string>& list, auto fits) {
    return std::any_of(list.begin(), list.end(), fits);
  };
  const auto is_route = [&](const std::string& entry) { return entry == input.route; };
  const auto is_prefix = [&](const std::string& entry) {
    return input.route.compare(0, entry.size(), entry) == 0;
  };
  const auto is_service = [&](const std::string& entry) {
    return service_matches(entry, input.cluster);
  };
  switch (kind_) {
    case Kind::RouteAndService:
      return any(first_, is_route) && any(services_, is_service);
    case Kind::Route:
      return any(first_, is_route);
    case Kind::RoutePrefix:
      return any(first_, is_prefix);
    case Kind::Service:
      return any(services_, is_service);
    case Kind::Domain: {
      const std::string_view host = without_port(input.authority);
      return any(first_, [&](const std::string& entry) { return domain_matches(entry, host); });
    }
  }
  return false;
}

}  // namespace wasmgate::sdk
