#include "config/check/match_rules.h"

#include <algorithm>

namespace wasmgate::config {
namespace {

constexpr std::string_view kRules = "_rules_";

// Writes the fields of one object, commas included.
class ObjectText {
 public:
  ObjectText(std::string& out, const TextFilter& filter) : out_(out), filter_(filter) {
    out_ += '{';
  }

  void key(std::string_view key) {
    out_ += first_ ? "" : ",";
    first_ = false;
    append_json_string(out_, key);
    out_ += ':';
  }

  void strings(std::string_view name, const std::vector<std::string>& values) {
    if (values.empty()) {
      return;
    }
    key(name);
    out_ += '[';
    for (size_t i = 0; i < values.size(); ++i) {
      out_ += i == 0 ? "" : ",";
      append_json_string(out_, values[i]);
    }
    out_ += ']';
  }

  // The entries of a configuration but those that `replaced` names.
  void entries(const NodePtr& config, const std::vector<std::string_view>& replaced) {
    if (config == nullptr) {
      return;
    }
    for (const Entry& entry : config->entries) {
      if (std::find(replaced.begin(), replaced.end(), entry.key) == replaced.end()) {
        key(filter_ ? filter_(entry.key) : entry.key);
        append_json(out_, *entry.value, filter_);
      }
    }
  }

  void close() { out_ += '}'; }

 private:
  std::string& out_;
  const TextFilter& filter_;
  bool first_ = true;
};

void append_rule(std::string& out, const PluginRule& rule, const TextFilter& filter) {
  const std::vector<std::string> routes = route_names(rule);
  std::vector<std::string_view> replaced;
  const auto replace = [&](std::string_view key, const std::vector<std::string>& values) {
    if (!values.empty()) {
      replaced.push_back(key);
    }
  };
  replace("_match_route_", routes);
  replace("_match_service_", rule.service);
  replace("_match_domain_", rule.domain);
  ObjectText text(out, filter);
  text.entries(rule.config, replaced);
  text.strings("_match_route_", routes);
  text.strings("_match_service_", rule.service);
  text.strings("_match_domain_", rule.domain);
  text.close();
}

// A match list as the guest reads it: an array, or one value as a list of one.
std::vector<std::string> words(const Node& node) {
  std::vector<std::string> out;
  if (node.is(NodeKind::String) || node.is(NodeKind::Number)) {
    out.push_back(node.text);
  }
  for (const NodePtr& item : node.items) {
    out.push_back(item->text);
  }
  return out;
}

}  // namespace

std::vector<const PluginRule*> enabled_rules(const PluginResource& resource) {
  std::vector<const PluginRule*> out;
  for (const PluginRule& rule : resource.rules) {
    if (!rule.disabled) {
      out.push_back(&rule);
    }
  }
  return out;
}

std::vector<std::string> route_names(const PluginRule& rule) {
  std::vector<std::string> out = rule.ingress;
  for (std::string& name : out) {
    name = rule.grpc ? "GRPC/" + name : name;
  }
  return out;
}

MatchRule match_lists(const PluginRule& rule) {
  const auto own = [&](std::string_view key, std::vector<std::string> listed) {
    const Node* node = rule.config == nullptr || !listed.empty() ? nullptr : rule.config->find(key);
    return node == nullptr ? listed : words(*node);
  };
  MatchRule out;
  out.ingress = own("_match_route_", route_names(rule));
  out.route_prefix = own("_match_route_prefix_", {});
  out.service = own("_match_service_", rule.service);
  out.domain = own("_match_domain_", rule.domain);
  out.location = rule.place.location;
  return out;
}

bool is_withdrawn(const PluginResource& resource) {
  return resource.plugin_config == nullptr && resource.default_config_disabled &&
         enabled_rules(resource).empty();
}

std::optional<std::string> guest_configuration(const PluginResource& resource,
                                               const TextFilter& filter) {
  std::string out;
  if (resource.plugin_config != nullptr) {
    append_json(out, *resource.plugin_config, filter);
    return out;
  }
  const NodePtr global = resource.default_config_disabled ? nullptr : resource.default_config;
  const auto rules = enabled_rules(resource);
  if (global == nullptr && rules.empty()) {
    return std::nullopt;
  }
  ObjectText text(out, filter);
  if (rules.empty()) {
    text.entries(global, {});
    text.close();
    return out;
  }
  text.entries(global, {kRules});
  text.key(kRules);
  out += '[';
  for (size_t i = 0; i < rules.size(); ++i) {
    out += i == 0 ? "" : ",";
    append_rule(out, *rules[i], filter);
  }
  out += ']';
  text.close();
  return out;
}

}  // namespace wasmgate::config
