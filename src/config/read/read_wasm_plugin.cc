#include <algorithm>

#include "config/read/metadata.h"
#include "config/read/plugin_settings.h"
#include "config/read/plugin_url.h"
#include "config/read/read_canary.h"
#include "config/read/read_resources.h"

namespace wasmgate::config {
namespace {

// The node as a shared one, so that it may outlive the document. `field`: a key of the object
// `parent`.
NodePtr shared_child(const Node* parent, std::string_view field) {
  if (parent == nullptr) {
    return nullptr;
  }
  const auto found = std::find_if(parent->entries.begin(), parent->entries.end(),
                                  [&](const Entry& entry) { return entry.key == field; });
  return found == parent->entries.end() || found->value->is(NodeKind::Null) ? nullptr
                                                                            : found->value;
}

NodePtr take_config(ObjectReader& reader, std::string_view key) {
  const Node* node = reader.take(key);
  if (node == nullptr) {
    return nullptr;
  }
  if (!node->is(NodeKind::Mapping)) {
    reader.expected(*node, reader.path_of(key), "object");
    return nullptr;
  }
  return shared_child(reader.node(), key);
}

void read_url(ObjectReader& spec, Plugin& out) {
  out.url = spec.required_string("url");
  if (const auto problem = check_plugin_url(out.url, spec.context().file, out.file)) {
    spec.error("url", "bad-url", problem->message, problem->hint);
  }
}

void read_sha256(ObjectReader& spec, Plugin& out) {
  constexpr size_t kDigits = 64;
  std::string digest = spec.string("sha256").value_or("");
  std::transform(digest.begin(), digest.end(), digest.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  if (!digest.empty() && (digest.size() != kDigits ||
                          digest.find_first_not_of("0123456789abcdef") != std::string::npos)) {
    spec.error("sha256", "bad-digest", "64 hexadecimal digits are needed");
    return;
  }
  out.sha256 = digest;
}

void read_environment(ObjectReader vm, Plugin& out) {
  vm.array("env", [&](const Node& item, const std::string& path) {
    ObjectReader entry(vm.context(), &item, path);
    const std::string name = entry.required_string("name");
    const auto from = entry.word("valueFrom", {"INLINE", "HOST"});
    const auto value = entry.string("value");
    if (name.find('=') != std::string::npos || name.find('\0') != std::string::npos) {
      entry.error("name", "bad-name", "a variable's name has no \"=\"");
    } else if (out.environment.contains(name) || out.host_environment.contains(name)) {
      entry.error("name", "duplicate-name", "the variable " + name + " is set twice");
    } else if (from == 1U) {
      out.host_environment.insert(name);
    } else {
      out.environment[name] = value.value_or("");
    }
    if (from == 1U && value) {
      entry.warning("value", "no-effect", "has no effect with valueFrom: HOST");
    }
    entry.finish();
  });
  vm.finish();
}

PluginRule read_plugin_rule(ObjectReader& reader) {
  PluginRule out;
  const size_t errors = reader.context().out.errors();
  out.place = reader.place();
  out.ingress = reader.strings("ingress");
  out.domain = reader.strings("domain");
  out.service = reader.strings("service");
  out.grpc = reader.word("routeType", {"HTTP", "GRPC"}) == 1U;
  out.config = take_config(reader, "config");
  out.disabled = reader.boolean("configDisable").value_or(false);
  reader.finish();
  out.broken = !reader.present() || reader.context().out.errors() != errors;
  return out;
}

void read_enumerations(ObjectReader& spec, Plugin& out) {
  switch (spec.word("phase", {"UNSPECIFIED_PHASE", "AUTHN", "AUTHZ", "STATS"}).value_or(0)) {
    case 1:
      out.phase = PluginPhase::Authn;
      break;
    case 2:
      out.phase = PluginPhase::Authz;
      break;
    case 3:
      out.phase = PluginPhase::Stats;
      break;
    default:
      out.phase = PluginPhase::Unspecified;
  }
  switch (
      spec.word("imagePullPolicy", {"UNSPECIFIED_POLICY", "IfNotPresent", "Always"}).value_or(0)) {
    case 1:
      out.pull_policy = PullPolicy::IfNotPresent;
      break;
    case 2:
      out.pull_policy = PullPolicy::Always;
      break;
    default:
      out.pull_policy = PullPolicy::Unspecified;
  }
  // FAIL_RELOAD is Istio's: fail closed, and the VM is replaced, which happens here anyway.
  const auto strategy = spec.word("failStrategy", {"FAIL_CLOSE", "FAIL_OPEN", "FAIL_RELOAD"});
  out.fail_strategy = strategy == 1U ? FailStrategy::Open : FailStrategy::Close;
}

}  // namespace

PluginResource read_wasm_plugin(ObjectReader& root, const GatewayConfig& gateway) {
  PluginResource out;
  out.metadata = read_metadata(root, gateway.controller_namespace);
  Plugin& plugin = out.plugin;
  plugin.name = out.metadata.name_space + "." + out.metadata.name;
  plugin.resource = out.metadata.full_name();
  plugin.location = out.metadata.place.location;
  plugin.limits = gateway.plugin_defaults;
  plugin.fail_on = gateway.plugin_fail_on;
  plugin.capabilities = gateway.plugin_capabilities;
  plugin.callout_clusters = gateway.plugin_callout_clusters;
  read_plugin_annotations(out.metadata, plugin, root.context());
  plugin.canary = read_canary(out.metadata, root.context());

  ObjectReader spec = root.object("spec");
  if (!spec.present()) {
    root.context().out.error(root.place(), "missing-field", "the field \"spec\" is missing");
  }
  read_url(spec, plugin);
  read_sha256(spec, plugin);
  read_enumerations(spec, plugin);
  plugin.pull_secret = spec.string("imagePullSecret").value_or("");
  out.pull_secret_place = spec.place_of_field("imagePullSecret");
  plugin.verification_key = spec.string("verificationKey").value_or("");
  plugin.root_id = spec.string("pluginName").value_or("");
  plugin.priority =
      static_cast<int32_t>(spec.integer("priority", INT32_MIN, INT32_MAX).value_or(INT32_MIN));
  read_environment(spec.object("vmConfig"), plugin);
  out.plugin_config = take_config(spec, "pluginConfig");
  out.default_config = take_config(spec, "defaultConfig");
  out.default_config_disabled = spec.boolean("defaultConfigDisable").value_or(false);
  spec.array("matchRules", [&](const Node& item, const std::string& path) {
    ObjectReader rule(root.context(), &item, path);
    out.rules.push_back(read_plugin_rule(rule));
  });
  spec.finish();
  root.ignore({"status"});
  root.finish();
  return out;
}

}  // namespace wasmgate::config
