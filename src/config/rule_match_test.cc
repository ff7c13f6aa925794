#include "config/rule_match.h"

#include <gtest/gtest.h>

namespace wasmgate::config {
namespace {

Route route(std::string name, std::string host) {
  Route out;
  out.name = std::move(name);
  out.host = std::move(host);
  out.cluster = "outbound|80||web.default.svc.cluster.local";
  return out;
}

MatchRule domains(std::vector<std::string> list) {
  MatchRule out;
  out.domain = std::move(list);
  return out;
}

TEST(DomainMayMeet, ExactHosts) {
  EXPECT_TRUE(domain_may_meet("A.example.com", "a.example.com"));
  EXPECT_TRUE(domain_may_meet("*.example.com", "a.example.com"));
  EXPECT_TRUE(domain_may_meet("a.*", "a.example.com"));
  EXPECT_FALSE(domain_may_meet("example.com", "a.example.com"));
  EXPECT_FALSE(domain_may_meet("*.example.com", "example.com"));
}

TEST(DomainMayMeet, WildcardHostsTakeOneMoreLabel) {
  EXPECT_TRUE(domain_may_meet("a.example.com", "*.example.com"));
  EXPECT_FALSE(domain_may_meet("a.b.example.com", "*.example.com"));
  EXPECT_TRUE(domain_may_meet("*a.example.com", "*.example.com"));
  EXPECT_TRUE(domain_may_meet("*.com", "*.example.com"));
  EXPECT_FALSE(domain_may_meet("*.org", "*.example.com"));
  EXPECT_TRUE(domain_may_meet("a*", "*.example.com"));
  EXPECT_FALSE(domain_may_meet("*b.a.example.com", "*.example.com"));
}

TEST(DomainMayMeet, EveryHost) { EXPECT_TRUE(domain_may_meet("x", "")); }

TEST(DomainCovers, ComparesPatterns) {
  EXPECT_TRUE(domain_covers("*.com", "*.example.com"));
  EXPECT_FALSE(domain_covers("*.example.com", "*.com"));
  EXPECT_TRUE(domain_covers("a*", "ab*"));
  EXPECT_FALSE(domain_covers("ab*", "a*"));
  EXPECT_FALSE(domain_covers("*m", "m*"));
  EXPECT_FALSE(domain_covers("a*", "*a"));
}

TEST(ServiceNames, TakesHostAndHostWithPort) {
  const std::string cluster = "outbound|80||web.default.svc.cluster.local";
  EXPECT_TRUE(service_names("web.default.svc.cluster.local", cluster));
  EXPECT_TRUE(service_names("web.default.svc.cluster.local:80", cluster));
  EXPECT_FALSE(service_names("web.default.svc.cluster.local:8", cluster));
  EXPECT_FALSE(service_names("default.svc.cluster.local", cluster));
  EXPECT_FALSE(service_names("x", "x"));
}

TEST(RuleConcerns, FollowsTheMatchersOrderOfKinds) {
  MatchRule rule = domains({"never.org"});
  EXPECT_FALSE(rule_concerns(rule, route("default/foo", "a.com")));
  rule.service = {"web.default.svc.cluster.local"};
  EXPECT_TRUE(rule_concerns(rule, route("default/foo", "a.com")));
  rule.route_prefix = {"other"};
  EXPECT_FALSE(rule_concerns(rule, route("default/foo", "a.com")));
  rule.route_prefix = {"default/"};
  EXPECT_TRUE(rule_concerns(rule, route("default/foo", "a.com")));
  rule.ingress = {"default/foo"};
  EXPECT_TRUE(rule_concerns(rule, route("default/foo", "a.com")));
  rule.service = {"other"};
  EXPECT_FALSE(rule_concerns(rule, route("default/foo", "a.com")));
}

TEST(RuleMatches, ComparesAsTheGuestDoes) {
  const auto host = [](const std::string& domain, std::string_view h) {
    return rule_matches(domains({domain}), {h, "r", "c"});
  };
  EXPECT_TRUE(host("example.com", "EXAMPLE.com:8080"));
  EXPECT_FALSE(host("example.com", "a.example.com"));
  EXPECT_TRUE(host("*.example.com", "a.b.example.com:443"));
  EXPECT_FALSE(host("*.example.com", "example.com"));
  EXPECT_TRUE(host("*example.com", "notexample.com"));
  EXPECT_TRUE(host("www.*", "www.example.org"));
  EXPECT_TRUE(host("*", ""));
  EXPECT_FALSE(host("*foo*", "xfoo"));
  EXPECT_TRUE(host("[::1]", "[::1]:80"));
  EXPECT_FALSE(host("", ""));
}

TEST(RuleMatches, LooksAtServicesBesideRoutes) {
  MatchRule rule;
  rule.ingress = {"r"};
  rule.service = {"svc.ns.svc.cluster.local"};
  EXPECT_TRUE(rule_matches(rule, {"h", "r", "outbound|80||svc.ns.svc.cluster.local"}));
  EXPECT_FALSE(rule_matches(rule, {"h", "r", "outbound|80||other"}));
  EXPECT_FALSE(rule_matches(rule, {"h", "x", "outbound|80||svc.ns.svc.cluster.local"}));
}

TEST(PluginConcerns, StandsEverywhereWithAGlobalConfiguration) {
  Plugin plugin;
  plugin.rules = {domains({"b.com"})};
  EXPECT_FALSE(plugin_concerns(plugin, route("r", "a.com")));
  EXPECT_TRUE(plugin_concerns(plugin, route("r", "b.com")));
  plugin.has_global = true;
  EXPECT_TRUE(plugin_concerns(plugin, route("r", "a.com")));
}

}  // namespace
}  // namespace wasmgate::config
