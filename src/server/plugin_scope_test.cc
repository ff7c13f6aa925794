#include "server/plugin_scope.h"

#include <gtest/gtest.h>

namespace wasmgate::server {
namespace {

config::Route route(std::string name, std::string host,
                    std::string cluster = "outbound|80||svc.ns.svc.cluster.local") {
  config::Route r;
  r.name = std::move(name);
  r.host = std::move(host);
  r.cluster = std::move(cluster);
  return r;
}

TEST(PluginStandsIn, EveryRouteWithAGlobalConfiguration) {
  config::Plugin plugin;
  EXPECT_FALSE(plugin_stands_in(plugin, route("a", "")));
  plugin.has_global = true;
  EXPECT_TRUE(plugin_stands_in(plugin, route("a", "")));
}

TEST(RuleCouldMatch, ComparesIngressNames) {
  const config::MatchRule rule{.ingress = {"default/foo"}};
  EXPECT_TRUE(rule_could_match(rule, route("default/foo", "")));
  EXPECT_FALSE(rule_could_match(rule, route("foo", "")));
}

TEST(RuleCouldMatch, NeedsIngressAndServiceWhenBothAreGiven) {
  const config::MatchRule rule{.ingress = {"a"}, .service = {"svc.ns.svc.cluster.local:81"}};
  EXPECT_FALSE(rule_could_match(rule, route("a", "")));
  EXPECT_TRUE(rule_could_match(rule, route("a", "", "outbound|81||svc.ns.svc.cluster.local")));
}

TEST(RuleCouldMatch, IgnoresDomainsBesideAnIngress) {
  const config::MatchRule rule{.ingress = {"a"}, .domain = {"*"}};
  EXPECT_FALSE(rule_could_match(rule, route("b", "")));
}

TEST(RuleCouldMatch, ThinksOfEveryHostARouteAdmits) {
  const config::MatchRule suffix{.domain = {"*.example.com"}};
  EXPECT_TRUE(rule_could_match(suffix, route("r", "")));
  EXPECT_TRUE(rule_could_match(suffix, route("r", "www.example.com")));
  EXPECT_TRUE(rule_could_match(suffix, route("r", "*.example.com")));
  EXPECT_FALSE(rule_could_match(suffix, route("r", "*.com")));
  EXPECT_TRUE(rule_could_match({.domain = {"*example.com"}}, route("r", "*.com")));
  EXPECT_FALSE(rule_could_match(suffix, route("r", "example.com")));
  EXPECT_FALSE(rule_could_match(suffix, route("r", "*.example.org")));
  const config::MatchRule exact{.domain = {"A.Example.com"}};
  EXPECT_TRUE(rule_could_match(exact, route("r", "a.example.com")));
  EXPECT_TRUE(rule_could_match(exact, route("r", "*.example.com")));
  EXPECT_FALSE(rule_could_match(exact, route("r", "b.example.com")));
  const config::MatchRule prefix{.domain = {"www.*"}};
  EXPECT_TRUE(rule_could_match(prefix, route("r", "www.example.org")));
  EXPECT_FALSE(rule_could_match(prefix, route("r", "api.example.org")));
}

}  // namespace
}  // namespace wasmgate::server
