#include "config/load.h"

#include <gtest/gtest.h>

#include "config/config_source.h"

namespace wasmgate::config {
namespace {

std::string plugin(const std::string& spec) {
  return "apiVersion: extensions.higress.io/v1alpha1\nkind: WasmPlugin\nmetadata: {name: "
         "p}\nspec:\n  url: file://./p.wasm\n" +
         spec;
}

LoadResult load_one(const std::string& text, const std::string& path = "conf/a.yaml") {
  const std::vector<SourceText> sources{{path, text}};
  return load(sources);
}

TEST(Load, GivesTheDefaultsForNothing) {
  const LoadResult result = load({});
  ASSERT_TRUE(result.model);
  EXPECT_EQ(result.model->gateway.listeners.size(), 1U);
}

TEST(Load, GivesNoModelWithAnError) {
  const LoadResult result = load_one(plugin("  nonsense: 1\n"));
  EXPECT_FALSE(result.model);
  EXPECT_EQ(result.diagnostics.errors(), 1U);
}

TEST(Load, ResolvesFileUrlsAgainstTheDocument) {
  EXPECT_EQ(load_one(plugin(""), "a/b/c.yaml").model->plugins.at(0).file, "a/b/p.wasm");
  EXPECT_EQ(load_one(plugin(""), "/etc/w/c.yaml").model->plugins.at(0).file, "/etc/w/p.wasm");
}

TEST(Load, PutsSecretsIntoTheConfigurationOnly) {
  const std::string secret =
      "---\napiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: "
      "higress-system}\nstringData: {k: 'a\"b'}\n";
  const LoadResult result = load_one(plugin("  defaultConfig: {t: 'x${secret.s.k}y'}\n") + secret);
  EXPECT_EQ(result.model->plugins.at(0).configuration, "{\"t\":\"xa\\\"by\"}");
  EXPECT_EQ(result.model->plugins.at(0).configuration_shown, "{\"t\":\"x${secret.s.k}y\"}");
}

TEST(Load, RefusesFilesThatAreTooLarge) {
  const std::string comment = "# " + std::string(kMaxFileBytes, 'x');
  EXPECT_EQ(load_one(comment).diagnostics.items().at(0).rule, "too-large");
  EXPECT_TRUE(load_one(comment.substr(0, kMaxFileBytes)).model);
}

TEST(Load, RefusesConfigurationsThatAreTooLarge) {
  // An alias makes 17 MiB of JSON out of one.
  std::string text = "  defaultConfig:\n    a: &a " + std::string(1 << 20, 'x') + "\n    b: [";
  for (int i = 0; i < 16; ++i) {
    text += "*a, ";
  }
  const LoadResult result = load_one(plugin(text + "]\n"));
  ASSERT_EQ(result.diagnostics.errors(), 1U);
  EXPECT_EQ(result.diagnostics.items().at(0).rule, "too-large");
}

TEST(Load, KeepsTheNodesOfConfigurationsForSchemas) {
  const LoadResult result =
      load_one(plugin("  defaultConfig: {a: 1}\n  matchRules: [{domain: [x], config: {b: 2}}]\n"));
  const auto& source = *result.model->plugins.at(0).source;
  EXPECT_EQ(source.global.node->find("a")->text, "1");
  ASSERT_EQ(source.rules.size(), 1U);
  EXPECT_EQ(source.rules[0].path, "spec.matchRules[0].config");
}

TEST(Load, TakesMatchKeysInsideARuleIntoAccount) {
  const LoadResult result =
      load_one(plugin("  matchRules: [{domain: [x], config: {_match_route_prefix_: [shop/], "
                      "_match_service_: s}}]\n"));
  const MatchRule& rule = result.model->plugins.at(0).rules.at(0);
  EXPECT_EQ(rule.route_prefix, std::vector<std::string>{"shop/"});
  EXPECT_EQ(rule.service, std::vector<std::string>{"s"});
}

TEST(Load, CallsTheControllersOwnIngressesByNameOnly) {
  const std::string text = R"(apiVersion: v1
kind: Service
metadata: {name: w, namespace: higress-system}
spec: {type: ExternalName, externalName: w.example.com}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: foo, namespace: higress-system}
spec: {defaultBackend: {service: {name: w, port: {number: 1}}}}
)";
  EXPECT_EQ(load_one(text).model->routes.at(0).name, "foo-default");
}

}  // namespace
}  // namespace wasmgate::config
