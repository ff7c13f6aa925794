// Chooses a plug-in's configuration for a request: the first rule of `_rules_` that matches its
// route, service or domain, else the global configuration.
//
// A root context derives from RouteRuleMatcher<Config>, implements `parsePluginConfig`, calls
// `configureRules` (or, for authentication plug-ins, `configureAuthRules`) in onConfigure and one
// of the check functions per request. A rule's configuration stands alone: nothing is inherited
// from the global one unless `overrideRule` says so. Behaviour in full: README.md, "Rule matcher".
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "json_util.h"
#include "match_rule.h"
#include "proxy_wasm_intrinsics.h"
#include "rule_config.h"

#define GET_HEADER_VIEW(key, name)                \
  const auto name##_data = getRequestHeader(key); \
  const std::string_view name = name##_data->view()
#define GET_RESPONSE_HEADER_VIEW(key, name)        \
  const auto name##_data = getResponseHeader(key); \
  const std::string_view name = name##_data->view()

template <typename PluginConfig>
class RouteRuleMatcher {
 public:
  using Json = Wasm::Common::JsonObject;
  using AllowSet = std::unordered_set<std::string>;
  using ConfigReference = std::optional<std::reference_wrapper<PluginConfig>>;

  virtual ~RouteRuleMatcher() = default;

  // Per request -----------------------------------------------------------------------------------

  /// The configuration for this request and its rule's id: position + 1, 0 for the global one,
  /// -1 for none. Lifetime: until the next configuration.
  std::pair<int, ConfigReference> getMatchConfig() {
    const auto held = holdMatchConfig();
    return {held.first, held.second ? ConfigReference(*held.second) : std::nullopt};
  }
  /// As `getMatchConfig`, for use in later callbacks: the configuration lives as long as the
  /// pointer, whatever is configured in between. Null for none.
  std::pair<int, std::shared_ptr<PluginConfig>> holdMatchConfig() {
    const int winner = findRule();
    if (winner < 0) {
      return {global_ ? 0 : -1, global_};
    }
    const Rule& rule = rules_[winner];
    return rule.match.disabled() ? std::pair(-1, std::shared_ptr<PluginConfig>())
                                 : std::pair(winner + 1, rule.config);
  }

  /// Runs `check` with this request's configuration; true when there is none.
  bool checkRule(const std::function<bool(const PluginConfig&)>& check) {
    const auto match = getMatchConfig();
    return !match.second || check(match.second->get());
  }
  /// As `checkRule`, with the rule's id.
  bool checkRuleWithId(const std::function<bool(int, const PluginConfig&)>& check) {
    const auto match = getMatchConfig();
    return !match.second || check(match.first, match.second->get());
  }
  /// As `checkRule`, for a header callback: Continue when there is no configuration.
  FilterHeadersStatus onHeaders(
      const std::function<FilterHeadersStatus(const PluginConfig&)>& process) {
    const auto match = getMatchConfig();
    return match.second ? process(match.second->get()) : FilterHeadersStatus::Continue;
  }

  /// What an authentication plug-in must check: nothing (let the request pass), or a configuration
  /// and, when present, the consumers it may admit.
  std::pair<ConfigReference, std::optional<std::reference_wrapper<const AllowSet>>>
  getMatchAuthConfig() {
    const auto held = holdMatchAuthConfig();
    return {held.first ? ConfigReference(*held.first) : std::nullopt, held.second};
  }
  /// As `getMatchAuthConfig`; the configuration (not the list) may be used in later callbacks.
  std::pair<std::shared_ptr<PluginConfig>, std::optional<std::reference_wrapper<const AllowSet>>>
  holdMatchAuthConfig() {
    if (rules_.empty()) {
      return {globalAuthDisable() ? nullptr : global_, std::nullopt};
    }
    const int winner = findRule();
    if (winner < 0) {
      return {global_auth_.value_or(false) ? global_ : nullptr, std::nullopt};
    }
    const Rule& rule = rules_[winner];
    if (rule.match.disabled()) {
      return {nullptr, std::nullopt};
    }
    if (!rule.config) {
      return {global_, rule.allow ? *rule.allow : nobody_};
    }
    if (rule.allow) {
      return {rule.config, *rule.allow};
    }
    return {rule.config, std::nullopt};
  }

  /// Runs `check` with what `getMatchAuthConfig` gives; true when there is nothing to check.
  bool checkAuthRule(
      const std::function<bool(const PluginConfig&, const std::optional<AllowSet>&)>& check) {
    const auto match = getMatchAuthConfig();
    if (!match.first) {
      return true;
    }
    const auto allow = match.second ? std::optional<AllowSet>(match.second->get()) : std::nullopt;
    return check(match.first->get(), allow);
  }

  /// The global configuration, whatever the request; null when there is none.
  std::shared_ptr<PluginConfig> holdGlobalConfig() const { return global_; }
  bool hasRules() const { return !rules_.empty(); }

  /// True when `global_auth` was set to false.
  bool globalAuthDisable() const { return global_auth_ && !*global_auth_; }

  /// Every configuration in force: the rules' in order, then the global one.
  std::vector<std::reference_wrapper<PluginConfig>> getRules() {
    std::vector<std::reference_wrapper<PluginConfig>> all;
    for (Rule& rule : rules_) {
      if (rule.config) {
        all.push_back(*rule.config);
      }
    }
    if (global_) {
      all.push_back(*global_);
    }
    return all;
  }

  /// As `getRules`, each with its rule's id.
  std::vector<std::pair<int, std::reference_wrapper<PluginConfig>>> getRulesWithId() {
    std::vector<std::pair<int, std::reference_wrapper<PluginConfig>>> all;
    for (size_t index = 0; index < rules_.size(); ++index) {
      if (rules_[index].config) {
        all.emplace_back(static_cast<int>(index) + 1, *rules_[index].config);
      }
    }
    if (global_) {
      all.emplace_back(0, *global_);
    }
    return all;
  }

  // Configuration ---------------------------------------------------------------------------------

  /// Reads the plug-in configuration of `size` bytes that onConfigure announces.
  /// Returns false, after logging why, when it is refused; the previous one then stays.
  bool configureRules(size_t size) { return configureFrom(size, false); }
  /// As `configureRules`, with `global_auth` and `allow`.
  bool configureAuthRules(size_t size) { return configureFrom(size, true); }

  /// Reads a configuration object; see `configureRules`.
  bool parseRuleConfig(const Json& object) { return apply(object, false); }
  bool parseAuthRuleConfig(const Json& object) { return apply(object, true); }

  /// Lets the plug-in work with a default configuration when it is given neither global part nor
  /// rules.
  void setEmptyGlobalConfig() { empty_global_ = true; }
  /// Makes the configuration being read fail.
  void setInvalidConfig() { invalid_ = true; }
  /// Refuse instead of warn when the global configuration fails beside rules.
  void setStrictGlobal(bool strict) { strict_global_ = strict; }
  /// Keep a rule's last good version, or leave it out, instead of refusing everything.
  void setRuleIsolation(bool isolation) { rule_isolation_ = isolation; }

  /// What was odd in the last configuration; each was logged as a warning.
  const std::vector<std::string>& configWarnings() const { return warnings_; }
  /// Why the last configuration was refused; empty when it was not.
  const std::string& configError() const { return error_; }
  /// `_plugin_id_` of the configuration, a name for log lines.
  const std::string& pluginId() const { return plugin_id_; }

 protected:
  /// Fills `config` from one object, without the matcher's own keys. False refuses it; say why with
  /// `configFailure`.
  virtual bool parsePluginConfig(const Json& object, PluginConfig& config) = 0;
  /// Makes a rule's configuration from itself and the global one, when a global one exists.
  virtual void overrideRule(const PluginConfig& /*global*/, PluginConfig& /*rule*/) {}
  /// Rewrites every configuration once all are read.
  virtual void finishConfig(PluginConfig& /*config*/) {}

  /// Names the reason of a refusal, best as "path: what was expected". Returns false.
  bool configFailure(std::string_view reason) {
    reason_ = reason;
    return false;
  }

 private:
  struct Rule {
    wasmgate::sdk::MatchRule match;
    std::shared_ptr<PluginConfig> config;  // null: disabled, or an allow rule of the auth variant
    std::optional<AllowSet> allow;
  };

  int findRule() {
    if (rules_.empty()) {
      return -1;
    }
    const wasmgate::sdk::MatchInput input = wasmgate::sdk::read_match_input(needs_);
    for (size_t index = 0; index < rules_.size(); ++index) {
      if (rules_[index].match.matches(input)) {
        return static_cast<int>(index);
      }
    }
    return -1;
  }

  bool configureFrom(size_t size, bool auth) {
    const WasmDataPtr data = getBufferBytes(WasmBufferType::PluginConfiguration, 0, size);
    if (data->size() == 0) {
      return applyEmpty();
    }
    const auto object = Wasm::Common::JsonParse(data->view());
    if (!object) {
      return refuse("the configuration is not a JSON object");
    }
    return apply(*object, auth);
  }

  bool applyEmpty() {
    rules_.clear();
    global_.reset();
    global_auth_.reset();
    plugin_id_.clear();
    warnings_.clear();
    error_.clear();
    needs_ = {};
    if (empty_global_) {
      global_ = std::make_shared<PluginConfig>();
      finishConfig(*global_);
    }
    return true;
  }

  bool apply(const Json& object, bool auth) {
    warnings_.clear();
    error_.clear();
    invalid_ = false;
    wasmgate::sdk::RuleConfig parts;
    if (!parts.read(object, auth, warnings_, error_)) {
      return refuse(error_);
    }
    std::vector<Rule> rules;
    std::shared_ptr<PluginConfig> global;
    if (!readRules(parts, auth, rules) || !readGlobal(parts, auth, rules, global)) {
      return refuse(error_);
    }
    if (invalid_) {
      return refuse(error_.empty() ? "the plug-in refused the configuration" : error_);
    }
    install(std::move(rules), std::move(global), parts);
    return true;
  }

  void install(std::vector<Rule> rules, std::shared_ptr<PluginConfig> global,
               const wasmgate::sdk::RuleConfig& parts) {
    for (Rule& rule : rules) {
      if (rule.config && global) {
        overrideRule(*global, *rule.config);
      }
      if (rule.config) {
        finishConfig(*rule.config);
      }
    }
    if (global) {
      finishConfig(*global);
    }
    rules_ = std::move(rules);
    global_ = std::move(global);
    global_auth_ = parts.global_auth;
    plugin_id_ = parts.plugin_id;
    needs_ = {};
    for (const Rule& rule : rules_) {
      needs_.authority |= rule.match.needs_authority();
      needs_.route |= rule.match.needs_route();
      needs_.cluster |= rule.match.needs_cluster();
    }
    for (const std::string& warning : warnings_) {
      LOG_WARN("configuration: " + warning);
    }
  }

  bool refuse(std::string reason) {
    error_ = std::move(reason);
    LOG_ERROR("configuration refused: " + error_);
    return false;
  }

  /// Parses one object; `reason_` says why on failure.
  bool parse(const Json& object, PluginConfig& config) {
    reason_.clear();
    if (parsePluginConfig(object, config)) {
      return true;
    }
    if (reason_.empty()) {
      reason_ = "the plug-in refused it";
    }
    return false;
  }

  bool readRules(const wasmgate::sdk::RuleConfig& parts, bool auth, std::vector<Rule>& rules) {
    bool lost = false;
    for (const auto& item : parts.rules) {
      Rule rule{item.match, nullptr, std::nullopt};
      if (item.allow) {
        rule.allow.emplace(item.allow->begin(), item.allow->end());
      }
      if (item.match.disabled() || (auth && item.object.empty())) {
        rules.push_back(std::move(rule));
        continue;
      }
      auto config = std::make_shared<PluginConfig>();
      if (parse(item.object, *config)) {
        rule.config = std::move(config);
      } else if (auth && rule.allow) {
        warnings_.push_back(item.path + ": read as a plain allow rule (" + reason_ + ")");
      } else if (!auth && rule_isolation_) {
        rule.config = lastGood(item.match);
        lost = lost || !rule.config;
        warnings_.push_back(item.path +
                            (rule.config ? ": the last good version stays (" : ": left out (") +
                            reason_ + ")");
        if (!rule.config) {
          continue;
        }
      } else {
        error_ = item.path + "." + reason_;
        return false;
      }
      rules.push_back(std::move(rule));
    }
    if (lost && rules.empty() && parts.global.empty()) {
      error_ = "no rule is valid and there is no global configuration";
      return false;
    }
    return true;
  }

  std::shared_ptr<PluginConfig> lastGood(const wasmgate::sdk::MatchRule& match) const {
    for (const Rule& old : rules_) {
      if (old.config && old.match.same_target(match)) {
        return old.config;
      }
    }
    return nullptr;
  }

  bool readGlobal(const wasmgate::sdk::RuleConfig& parts, bool auth, const std::vector<Rule>& rules,
                  std::shared_ptr<PluginConfig>& global) {
    bool needed = auth && parts.global_auth.value_or(false);
    for (const Rule& rule : rules) {
      needed = needed || (auth && !rule.config && !rule.match.disabled());
    }
    if (parts.has_global()) {
      auto config = std::make_shared<PluginConfig>();
      if (parse(parts.global, *config)) {
        global = std::move(config);
      } else if (rules.empty()) {
        error_ = "parse config failed, no valid rules; global config parse error: " + reason_;
        return false;
      } else if (strict_global_ || needed) {
        error_ = "global config parse error: " + reason_;
        return false;
      } else {
        warnings_.push_back("the global configuration is not used: " + reason_);
      }
    }
    if (!global && empty_global_ && !parts.rules_given) {
      global = std::make_shared<PluginConfig>();
    }
    if (needed && !global) {
      error_ =
          "a global configuration is needed: global_auth is true, or a rule has no consumers "
          "of its own";
      return false;
    }
    return true;
  }

  const AllowSet nobody_;
  std::vector<Rule> rules_;
  std::shared_ptr<PluginConfig> global_;
  std::optional<bool> global_auth_;
  std::string plugin_id_;
  std::vector<std::string> warnings_;
  std::string error_;
  std::string reason_;
  wasmgate::sdk::MatchNeeds needs_;
  bool empty_global_ = false;
  bool invalid_ = false;
  bool strict_global_ = false;
  bool rule_isolation_ = false;
};
