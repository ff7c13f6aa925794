#include "rule_config.h"

#include "proxy_wasm_intrinsics.h"

namespace wasmgate::sdk {
namespace {

using Wasm::Common::JsonObject;

/// Takes `key` out of `object`; nothing when it is absent or null.
std::optional<JsonObject> take(JsonObject& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) {
    return std::nullopt;
  }
  JsonObject value = std::move(*found);
  object.erase(found);
  return value.is_null() ? std::nullopt : std::optional<JsonObject>(std::move(value));
}

std::string property(std::string_view name) {
  // A bare name and one segment are the same to hosts; the second form is where current Envoys
  // keep it.
  auto value = getProperty<std::string_view>({name});
  if (!value) {
    value = getProperty<std::string_view>({"xds", name});
  }
  return value ? (*value)->toString() : std::string();
}

}  // namespace

MatchInput read_match_input(const MatchNeeds& needs) {
  MatchInput input;
  if (needs.authority) {
    input.authority = getRequestHeader(":authority")->toString();
  }
  if (needs.route) {
    input.route = property("route_name");
  }
  if (needs.cluster) {
    input.cluster = property("cluster_name");
  }
  return input;
}

bool RuleConfig::read(const JsonObject& object, bool auth, std::vector<std::string>& warnings,
                      std::string& error) {
  global = object;
  if (const auto id = take(global, "_plugin_id_")) {
    plugin_id = Wasm::Common::JsonValueAs<std::string>(*id).first.value_or("");
  }
  if (auth) {
    if (const auto value = take(global, "global_auth")) {
      global_auth = Wasm::Common::JsonValueAs<bool>(*value).first;
      if (!global_auth) {
        error = "global_auth: expected true or false";
        return false;
      }
    }
  }
  const auto list = take(global, "_rules_");
  return !list || read_rules(*list, auth, warnings, error);
}

bool RuleConfig::read_rules(const JsonObject& list, bool auth, std::vector<std::string>& warnings,
                            std::string& error) {
  if (!list.is_array() && !list.is_object()) {
    error = "_rules_: expected a list of rules";
    return false;
  }
  rules_given = true;
  const size_t count = list.is_array() ? list.size() : 1;
  if (count == 0 && global.empty()) {
    warnings.push_back("_rules_: empty, and nothing else is configured: the plug-in does nothing");
  }
  for (size_t index = 0; index < count; ++index) {
    Item item{{},
              list.is_array() ? list[index] : list,
              std::nullopt,
              "_rules_[" + std::to_string(index) + "]"};
    if (!item.object.is_object()) {
      error = item.path + ": expected an object";
      return false;
    }
    const auto match = MatchRule::take_from(item.object, item.path, warnings, error);
    if (!match) {
      return false;
    }
    item.match = *match;
    if (auth && !take_allow(item, warnings, error)) {
      return false;
    }
    rules.push_back(std::move(item));
  }
  return true;
}

bool RuleConfig::take_allow(Item& item, std::vector<std::string>& warnings, std::string& error) {
  const auto value = take(item.object, "allow");
  if (!value) {
    return true;
  }
  const JsonObject list = value->is_array() ? *value : JsonObject::array({*value});
  item.allow.emplace();
  for (size_t index = 0; index < list.size(); ++index) {
    if (!list[index].is_string()) {
      error = item.path + ".allow[" + std::to_string(index) + "]: expected a string";
      return false;
    }
    item.allow->push_back(list[index].get<std::string>());
  }
  if (item.allow->empty()) {
    warnings.push_back(item.path + ".allow: empty, so no consumer is admitted");
  }
  return true;
}

}  // namespace wasmgate::sdk
