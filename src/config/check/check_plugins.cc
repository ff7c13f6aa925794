#include "config/check/check_plugins.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "config/check/match_rules.h"
#include "config/check/secrets.h"
#include "config/config_source.h"
#include "config/read/object_reader.h"

namespace wasmgate::config {
namespace {

constexpr std::string_view kDockerConfig = ".dockerconfigjson";

class PluginCheck {
 public:
  PluginCheck(const PluginResource& resource, const Secrets& secrets, Diagnostics& out)
      : resource_(resource), secrets_(secrets), out_(out), plugin_(resource.plugin) {}

  Plugin run() {
    warn_about_ignored_parts();
    check_rules();
    check_depth();
    fill_configuration();
    fill_credentials();
    fill_places();
    return std::move(plugin_);
  }

 private:
  const std::string& file() const { return resource_.metadata.place.location.file; }

  Place place(const NodePtr& node, std::string path) const {
    return place_of(file(), *node, std::move(path));
  }

  void warn_about_ignored_parts() {
    if (resource_.plugin_config == nullptr) {
      return;
    }
    const auto warn = [&](const Place& at, std::string_view what) {
      out_.warning(at, "no-effect", std::string(what) + " has no effect beside pluginConfig");
    };
    if (resource_.default_config != nullptr) {
      warn(place(resource_.default_config, "spec.defaultConfig"), "defaultConfig");
    }
    if (!resource_.rules.empty()) {
      warn(resource_.rules.front().place, "matchRules");
    }
  }

  void check_rules() {
    if (resource_.plugin_config != nullptr) {
      return;
    }
    const auto rules = enabled_rules(resource_);
    for (const PluginRule* rule : rules) {
      if (!rule->broken && rule->ingress.empty() && rule->domain.empty() && rule->service.empty()) {
        out_.error(rule->place, "no-match-rule",
                   "the rule matches nothing: give at least one of ingress, domain and service");
      }
    }
    const Node* own =
        resource_.default_config == nullptr ? nullptr : resource_.default_config->find("_rules_");
    if (own != nullptr && !rules.empty() && !resource_.default_config_disabled) {
      out_.warning(place_of(file(), *own, "spec.defaultConfig._rules_"), "no-effect",
                   "matchRules take the place of _rules_; it has no effect");
    }
  }

  void check_depth() {
    const auto check = [&](const NodePtr& node, const std::string& path, uint32_t around) {
      if (node != nullptr && node->height + around > kMaxPluginConfigurationDepth) {
        out_.error(place(node, path), "too-deep",
                   "a plug-in's configuration is nested at most " +
                       std::to_string(kMaxPluginConfigurationDepth) + " levels deep");
      }
    };
    check(resource_.plugin_config, "spec.pluginConfig", 0);
    check(resource_.default_config, "spec.defaultConfig", 0);
    for (size_t i = 0; i < resource_.rules.size(); ++i) {
      // A rule's configuration lies in _rules_, an array in the object.
      check(resource_.rules[i].config, "spec.matchRules[" + std::to_string(i) + "].config", 2);
    }
  }

  void fill_configuration() {
    std::vector<std::string> missing;
    plugin_.configuration_shown = guest_configuration(resource_, nullptr);
    plugin_.configuration = guest_configuration(resource_, [&](std::string_view text) {
      return secrets_.substitute(text, resource_.metadata.name_space, missing);
    });
    if (plugin_.configuration && plugin_.configuration->size() > kMaxPluginConfigurationBytes) {
      out_.error(resource_.metadata.place, "too-large",
                 "the plug-in's configuration has " +
                     std::to_string(plugin_.configuration->size()) + " bytes as JSON; at most " +
                     std::to_string(kMaxPluginConfigurationBytes) + " are allowed");
      plugin_.configuration.reset();
    }
    if (!missing.empty()) {
      report_problem(resource_.metadata.place,
                     "nothing is known for the placeholder " + missing.front());
    }
    const bool nothing = resource_.plugin_config == nullptr &&
                         resource_.default_config == nullptr && enabled_rules(resource_).empty();
    plugin_.has_global =
        resource_.plugin_config != nullptr || nothing ||
        (resource_.default_config != nullptr && !resource_.default_config_disabled);
    if (resource_.plugin_config == nullptr) {
      for (const PluginRule* rule : enabled_rules(resource_)) {
        plugin_.rules.push_back(match_lists(*rule));
      }
    }
  }

  // The namespace in the field, if any, is not looked at: a plug-in's pull secret is in its own
  // namespace.
  void fill_credentials() {
    if (plugin_.pull_secret.empty()) {
      return;
    }
    const size_t slash = plugin_.pull_secret.rfind('/');
    const std::string name =
        slash == std::string::npos ? plugin_.pull_secret : plugin_.pull_secret.substr(slash + 1);
    const std::string* value =
        secrets_.find(resource_.metadata.name_space, name, std::string(kDockerConfig));
    if (value == nullptr) {
      report_problem(resource_.pull_secret_place, "no Secret " + resource_.metadata.name_space +
                                                      "/" + name + " with the key " +
                                                      std::string(kDockerConfig));
      return;
    }
    plugin_.pull_credentials = *value;
  }

  void report_problem(const Place& at, const std::string& message) {
    out_.warning(at, "secret-not-found",
                 message + "; this generation of the plug-in will not go live");
    if (!plugin_.problem) {
      plugin_.problem = PluginProblem{"SecretNotFound", message, at.location};
    }
  }

  void fill_places() {
    auto source = std::make_shared<ConfigSource>();
    source->file = file();
    if (resource_.plugin_config != nullptr) {
      source->global = {resource_.plugin_config, "spec.pluginConfig"};
    } else {
      source->global = {resource_.default_config_disabled ? nullptr : resource_.default_config,
                        "spec.defaultConfig"};
      for (size_t i = 0; i < resource_.rules.size(); ++i) {
        if (!resource_.rules[i].disabled) {
          source->rules.push_back(
              {resource_.rules[i].config, "spec.matchRules[" + std::to_string(i) + "].config"});
        }
      }
    }
    plugin_.source = std::move(source);
  }

  const PluginResource& resource_;
  const Secrets& secrets_;
  Diagnostics& out_;
  Plugin plugin_;
};

}  // namespace

void check_plugins(const Resources& resources, Model& model, Diagnostics& out) {
  const Secrets secrets(resources.secrets);
  using Key = std::tuple<PluginPhase, int64_t, std::string, std::string>;
  std::vector<std::pair<Key, Plugin>> ordered;
  for (const PluginResource& resource : resources.plugins) {
    const Metadata& metadata = resource.metadata;
    if (metadata.name_space != model.gateway.controller_namespace) {
      out.warning(metadata.place, "other-namespace",
                  "only plug-ins of the namespace " + model.gateway.controller_namespace +
                      " are served; this one has no effect");
      continue;
    }
    Plugin plugin = PluginCheck(resource, secrets, out).run();
    if (is_withdrawn(resource)) {
      continue;
    }
    Key key{plugin.phase, -static_cast<int64_t>(plugin.priority), metadata.name,
            metadata.name_space};
    ordered.emplace_back(std::move(key), std::move(plugin));
  }
  std::stable_sort(ordered.begin(), ordered.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (auto& [key, plugin] : ordered) {
    model.plugins.push_back(std::move(plugin));
  }
}

}  // namespace wasmgate::config
