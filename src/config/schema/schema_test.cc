#include "config/schema/schema.h"

#include <gtest/gtest.h>

#include "config/schema/plugin_schema.h"
#include "config/yaml/parse_yaml.h"

namespace wasmgate::config {
namespace {

const std::string kFile = "c.yaml";

NodePtr yaml(const std::string& text) {
  Diagnostics out;
  auto documents = parse_yaml(kFile, text, out);
  EXPECT_TRUE(out.empty()) << text;
  return documents.at(0);
}

// "path: what" of each finding.
std::vector<std::string> check(const std::string& schema_text, const std::string& value) {
  Diagnostics out;
  const auto schema = read_schema("spec.yaml", *yaml(schema_text), "", out);
  EXPECT_FALSE(out.has_errors()) << schema_text;
  check_schema(*schema, *yaml("v: " + value)->find("v"), "v", {kFile, Severity::Error}, out);
  std::vector<std::string> texts;
  for (const Diagnostic& d : out.items()) {
    texts.push_back(d.path + ": " + (d.message.empty() ? d.expected : d.message));
  }
  return texts;
}

using Texts = std::vector<std::string>;

void expect_fits(const std::string& schema, const std::string& value) {
  EXPECT_EQ(check(schema, value), Texts{}) << value;
}
void expect_not(const std::string& schema, const std::string& value) {
  EXPECT_EQ(check(schema, value).size(), 1U) << value;
}

TEST(Schema, ChecksTypes) {
  expect_fits("{type: integer}", "5");
  expect_fits("{type: integer}", "5.0");
  expect_not("{type: integer}", "5.5");
  expect_fits("{type: number}", "5.5");
  expect_not("{type: number}", "\"5\"");
  expect_fits("{type: string}", "x");
  expect_not("{type: string}", "true");
  expect_fits("{type: boolean}", "true");
  expect_not("{type: boolean}", "\"true\"");
  expect_fits("{type: array}", "[1]");
  expect_not("{type: array}", "{}");
  expect_fits("{type: object}", "{}");
  expect_not("{type: object}", "[]");
  expect_not("{type: string}", "null");
  expect_fits("{type: string, nullable: true}", "null");
  expect_fits("{x-kubernetes-int-or-string: true}", "80%");
  expect_fits("{x-kubernetes-int-or-string: true}", "80");
  expect_not("{x-kubernetes-int-or-string: true}", "[80]");
}

TEST(Schema, SaysWhatAnArrayShouldHold) {
  EXPECT_EQ(check("{type: array, items: {type: string}}", "x"), Texts{"v: array of string"});
}

TEST(Schema, ChecksNumbers) {
  expect_fits("{minimum: 1, maximum: 3}", "1");
  expect_not("{minimum: 1}", "0.9");
  expect_not("{maximum: 3}", "4");
  expect_not("{minimum: 1, exclusiveMinimum: true}", "1");
  expect_not("{exclusiveMaximum: 3}", "3");
  expect_fits("{exclusiveMaximum: 3}", "2");
  expect_fits("{multipleOf: 0.1}", "0.3");
  expect_not("{multipleOf: 2}", "3");
}

TEST(Schema, ChecksStringsByCharacter) {
  expect_fits("{maxLength: 2}", "üü");
  expect_not("{maxLength: 2}", "üüü");
  expect_not("{minLength: 2}", "ü");
  expect_fits("{pattern: '^a+$'}", "aa");
  expect_fits("{pattern: 'b'}", "abc");
  expect_not("{pattern: '^a+$'}", "ab");
}

TEST(Schema, ChecksArrays) {
  expect_not("{items: {type: string}}", "[a, 1]");
  expect_not("{minItems: 1}", "[]");
  expect_not("{maxItems: 1}", "[1, 2]");
  expect_not("{uniqueItems: true}", "[1, 1.0]");
  expect_not("{uniqueItems: true}", "[{a: 1, b: 2}, {b: 2, a: 1}]");
  expect_fits("{uniqueItems: true}", "[1, \"1\"]");
}

TEST(Schema, ChecksObjects) {
  const std::string schema = "{properties: {a: {type: string}}, required: [a]}";
  expect_fits(schema, "{a: x}");
  EXPECT_EQ(check(schema, "{}"), Texts{"v: the key \"a\" is missing"});
  EXPECT_EQ(check(schema, "{a: 1}"), Texts{"v.a: string"});
  EXPECT_EQ(check(schema, "{a: x, aa: 1}"), Texts{"v.aa: the plug-in's schema has no such key"});
  expect_fits("{properties: {a: {}}, additionalProperties: true}", "{b: 1}");
  expect_fits("{properties: {a: {}}, x-kubernetes-preserve-unknown-fields: true}", "{b: 1}");
  expect_not("{properties: {a: {}}, additionalProperties: {type: string}}", "{b: 1}");
  expect_not("{additionalProperties: false}", "{b: 1}");
  expect_not("{minProperties: 1}", "{}");
  expect_not("{maxProperties: 1}", "{a: 1, b: 2}");
}

TEST(Schema, WarnsOfUnknownKeysUnlessTheyAreExcluded) {
  Diagnostics out;
  const SchemaTarget target{kFile, Severity::Error};
  check_schema(*read_schema("s", *yaml("{properties: {a: {}}}"), "", out), *yaml("{b: 1}"), "v",
               target, out);
  EXPECT_FALSE(out.has_errors());
  check_schema(*read_schema("s", *yaml("{additionalProperties: false}"), "", out), *yaml("{b: 1}"),
               "v", target, out);
  EXPECT_TRUE(out.has_errors());
}

TEST(Schema, ChecksEnumerationsByValue) {
  expect_fits("{enum: [a, 1, {b: [2]}]}", "1.0");
  expect_fits("{enum: [a, 1, {b: [2]}]}", "{b: [2]}");
  EXPECT_EQ(check("{enum: [a, b]}", "c"), Texts{"v: one of a, b"});
}

TEST(Schema, ChecksCombinations) {
  expect_not("{allOf: [{minimum: 1}, {maximum: 3}]}", "4");
  expect_fits("{anyOf: [{type: string}, {type: integer}]}", "4");
  expect_not("{anyOf: [{type: string}, {type: integer}]}", "[]");
  expect_fits("{oneOf: [{multipleOf: 2}, {multipleOf: 3}]}", "4");
  EXPECT_EQ(check("{oneOf: [{multipleOf: 2}, {multipleOf: 3}]}", "6"),
            Texts{"v: fits 2 of 2 alternatives; exactly one is needed"});
  expect_not("{not: {type: string}}", "x");
}

TEST(Schema, TellsTheErrorsOfASchema) {
  Diagnostics out;
  read_schema("s", *yaml("{type: text, properties: {a: {$ref: x, multipleOf: 0}}, required: [1]}"),
              "", out);
  EXPECT_EQ(out.errors(), 4U);
}

const char* const kSpec = R"(apiVersion: 1.0.0
info: {name: request-block, version: 1.0.0}
spec:
  configSchema:
    openAPIV3Schema:
      type: object
      properties:
        block_urls: {type: array, items: {type: string}}
      required: [block_urls]
)";

Diagnostics check_plugin(const std::string& config) {
  const std::vector<SourceText> sources{
      {"p.yaml",
       "apiVersion: extensions.higress.io/v1alpha1\nkind: WasmPlugin\nmetadata: {name: p}\nspec:\n "
       " url: oci://h/x\n" +
           config}};
  LoadResult result = load(sources);
  EXPECT_TRUE(result.model);
  Diagnostics out;
  const PluginSchema schema = read_plugin_schema({"spec.yaml", kSpec}, out);
  check_plugin_configuration(result.model->plugins.at(0), schema, out);
  return out;
}

TEST(PluginSchema, ChecksTheGlobalConfigurationWithItsPlace) {
  const Diagnostics out = check_plugin("  defaultConfig:\n    block_urls: swagger.html\n");
  ASSERT_EQ(out.errors(), 1U);
  EXPECT_EQ(out.items()[0].location.line, 7U);
  EXPECT_EQ(out.items()[0].location.column, 17U);
  EXPECT_EQ(out.items()[0].path, "spec.defaultConfig.block_urls");
  EXPECT_EQ(out.items()[0].hint, "[\"swagger.html\"]");
}

TEST(PluginSchema, ChecksEachRule) {
  const Diagnostics out = check_plugin(
      "  matchRules:\n    - {domain: [x], config: {block_urls: [1]}}\n    - {domain: [y], config: "
      "{_disable_: true}}\n");
  ASSERT_EQ(out.errors(), 1U);
  EXPECT_EQ(out.items()[0].path, "spec.matchRules[0].config.block_urls[0]");
}

TEST(PluginSchema, ChecksRulesWrittenByHand) {
  const Diagnostics out =
      check_plugin("  pluginConfig:\n    _rules_: [{_match_domain_: [x], block_urls: 5}]\n");
  ASSERT_EQ(out.errors(), 1U);
  EXPECT_EQ(out.items()[0].path, "spec.pluginConfig._rules_[0].block_urls");
}

TEST(PluginSchema, OnlyWarnsOfAGlobalConfigurationBesideRules) {
  const Diagnostics out = check_plugin(
      "  defaultConfig: {block_urls: 5}\n  matchRules: [{domain: [x], config: {block_urls: "
      "[]}}]\n");
  EXPECT_EQ(out.errors(), 0U);
  EXPECT_EQ(out.warnings(), 1U);
}

}  // namespace
}  // namespace wasmgate::config
