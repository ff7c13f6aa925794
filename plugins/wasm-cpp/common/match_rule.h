// Which requests one entry of `_rules_` is for: its match lists, read and compared.
//
// This is the part of the rule matcher that does not depend on a plug-in's configuration type; see
// route_rule_matcher.h for the whole. The same behaviour in every language is kept by
// plugins/cases/rule-matcher/vectors.json.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json_util.h"

namespace wasmgate::sdk {

/// The three facts of a request that rules look at. A missing one is the empty text.
struct MatchInput {
  std::string authority;
  std::string route;
  std::string cluster;
};

/// Keys of a rule that are the matcher's own.
inline constexpr std::string_view kMatchRouteKey = "_match_route_";
inline constexpr std::string_view kMatchRoutePrefixKey = "_match_route_prefix_";
inline constexpr std::string_view kMatchServiceKey = "_match_service_";
inline constexpr std::string_view kMatchDomainKey = "_match_domain_";
inline constexpr std::string_view kDisableKey = "_disable_";

/// Returns `authority` without its port: cut at the last ':' unless a ']' follows it.
std::string_view without_port(std::string_view authority);

/// True when `host` (without port) fits `pattern`: "*x" is a suffix, "x*" a prefix, anything else
/// equality, all without ASCII case.
bool domain_matches(std::string_view pattern, std::string_view host);

/// True when `cluster` ("direction|port|subset|fqdn") is the service `entry` ("fqdn", "fqdn:port").
bool service_matches(std::string_view entry, std::string_view cluster);

class MatchRule {
 public:
  /// Reads the matcher's keys of `rule`, an object, and takes them out of it.
  /// `warnings`: what is odd but accepted is appended, each with `path` in front.
  /// Returns nothing and sets `error` when a list is malformed or there is none.
  static std::optional<MatchRule> take_from(Wasm::Common::JsonObject& rule, const std::string& path,
                                            std::vector<std::string>& warnings, std::string& error);

  bool matches(const MatchInput& input) const;
  bool disabled() const { return disabled_; }
  bool needs_authority() const { return kind_ == Kind::Domain; }
  bool needs_route() const { return kind_ != Kind::Service && kind_ != Kind::Domain; }
  bool needs_cluster() const { return kind_ == Kind::Service || kind_ == Kind::RouteAndService; }
  /// True for two rules with the same lists: a rule is then the same one in a new configuration.
  bool same_target(const MatchRule& other) const {
    return kind_ == other.kind_ && first_ == other.first_ && services_ == other.services_;
  }

 private:
  // Which lists count, in order of precedence; the others are ignored.
  enum class Kind { RouteAndService, Route, RoutePrefix, Service, Domain };

  void warn_about_port(const std::string& path, std::vector<std::string>& warnings) const;

  Kind kind_ = Kind::Domain;
  std::vector<std::string> first_;     // routes, prefixes or domains, by kind
  std::vector<std::string> services_;  // Service and RouteAndService only
  bool disabled_ = false;
};

}  // namespace wasmgate::sdk
