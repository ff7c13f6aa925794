// Takes a configuration object apart: global part, rules, and the matcher's reserved keys.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "json_util.h"
#include "match_rule.h"

namespace wasmgate::sdk {

/// Which facts of a request the rules in force look at; the others are not asked of the host.
struct MatchNeeds {
  bool authority = false;
  bool route = false;
  bool cluster = false;
};

/// Reads the facts from the host. Route and cluster come from the properties `route_name` and
/// `cluster_name`, else from `xds.route_name` and `xds.cluster_name`.
MatchInput read_match_input(const MatchNeeds& needs);

struct RuleConfig {
  struct Item {
    MatchRule match;
    Wasm::Common::JsonObject object;  // what is left for the plug-in's parser
    std::optional<std::vector<std::string>> allow;
    std::string path;  // "_rules_[0]"
  };

  /// `auth`: `global_auth` and a rule's `allow` are the matcher's too.
  /// Returns false and sets `error` when something of the matcher's own is malformed.
  bool read(const Wasm::Common::JsonObject& object, bool auth, std::vector<std::string>& warnings,
            std::string& error);

  /// True when there is something to parse as global: other top keys, or no rules at all.
  bool has_global() const { return !global.empty() || !rules_given; }

  Wasm::Common::JsonObject global = Wasm::Common::JsonObject::object();
  std::vector<Item> rules;
  bool rules_given = false;
  std::optional<bool> global_auth;
  std::string plugin_id;

 private:
  bool read_rules(const Wasm::Common::JsonObject& list, bool auth,
                  std::vector<std::string>& warnings, std::string& error);
  static bool take_allow(Item& item, std::vector<std::string>& warnings, std::string& error);
};

}  // namespace wasmgate::sdk
