#include "config/schema/plugin_schema.h"

#include <algorithm>
#include <filesystem>

#include "config/config_source.h"
#include "config/read/object_reader.h"
#include "config/yaml/parse_yaml.h"

namespace wasmgate::config {
namespace {

// Keys that the rule matcher takes out before the plug-in's own parser sees the object.
const std::vector<std::string> kReserved{
    "_rules_",         "_plugin_id_",    "global_auth", "_match_route_", "_match_route_prefix_",
    "_match_service_", "_match_domain_", "_disable_"};

SchemaPtr read_one(ObjectReader& spec, std::string_view key) {
  ObjectReader wrapper = spec.object(key);
  const Node* schema = wrapper.take("openAPIV3Schema");
  return schema == nullptr ? nullptr
                           : read_schema(spec.context().file, *schema,
                                         wrapper.path_of("openAPIV3Schema"), spec.context().out);
}

bool is_disabled(const Node& config) {
  const Node* flag = config.find("_disable_");
  return flag != nullptr && (flag->is(NodeKind::Bool) || flag->is(NodeKind::String)) &&
         flag->text == "true";
}

// Rules written by hand inside the global configuration: an array, or one object.
void check_own_rules(const Node& rules, const std::string& path, const Schema& schema,
                     const SchemaTarget& target, Diagnostics& out) {
  if (rules.is(NodeKind::Mapping) && !is_disabled(rules)) {
    check_schema(schema, rules, path, target, out);
  }
  for (size_t i = 0; i < rules.items.size(); ++i) {
    if (!is_disabled(*rules.items[i])) {
      check_schema(schema, *rules.items[i], path + "[" + std::to_string(i) + "]", target, out);
    }
  }
}

// Whether the object holds anything of the plug-in's own.
bool has_own_keys(const Node& node) {
  for (const Entry& entry : node.entries) {
    if (std::find(kReserved.begin(), kReserved.end(), entry.key) == kReserved.end()) {
      return true;
    }
  }
  return node.entries.empty();
}

}  // namespace

std::string spec_beside(const std::string& module) {
  return (std::filesystem::path(module).parent_path() / "spec.yaml").string();
}

PluginSchema read_plugin_schema(const SourceText& spec, Diagnostics& out) {
  PluginSchema schema;
  schema.file = spec.path;
  for (const NodePtr& document : parse_yaml(spec.path, spec.text, out)) {
    ReadContext context{spec.path, out};
    ObjectReader root(context, document.get(), "");
    ObjectReader info = root.object("info");
    schema.title = info.string("name").value_or("");
    if (const Node* version = info.take("version"); version != nullptr) {
      schema.title += " " + scalar_text(*version).value_or("");
    }
    ObjectReader body = root.object("spec");
    schema.config = read_one(body, "configSchema");
    schema.rule = read_one(body, "routeConfigSchema");
    break;
  }
  return schema;
}

void check_plugin_configuration(const Plugin& plugin, const PluginSchema& schema,
                                Diagnostics& out) {
  if (plugin.source == nullptr || schema.config == nullptr) {
    return;
  }
  const ConfigSource& source = *plugin.source;
  const Schema& rule_schema = schema.rule == nullptr ? *schema.config : *schema.rule;
  const std::string note =
      "schema: " + (schema.title.empty() ? schema.file : schema.title + " (" + schema.file + ")");
  const SchemaTarget target{source.file, Severity::Error, note, kReserved};
  if (source.global.node != nullptr) {
    const Node& global = *source.global.node;
    const Node* own_rules = global.find("_rules_");
    const bool beside_rules = !source.rules.empty() || own_rules != nullptr;
    const SchemaTarget lenient{source.file, beside_rules ? Severity::Warning : Severity::Error,
                               note, kReserved};
    if (has_own_keys(global)) {
      check_schema(*schema.config, global, source.global.path, lenient, out);
    }
    if (own_rules != nullptr && source.rules.empty()) {
      check_own_rules(*own_rules, source.global.path + "._rules_", rule_schema, target, out);
    }
  }
  for (const ConfigSource::Part& rule : source.rules) {
    if (rule.node != nullptr && !is_disabled(*rule.node)) {
      check_schema(rule_schema, *rule.node, rule.path, target, out);
    }
  }
}

}  // namespace wasmgate::config
