#include "plugin.h"

#include "config_reader.h"

static RegisterContextFactory register_plugin(CONTEXT_FACTORY(PluginContext),
                                              ROOT_FACTORY(PluginRoot));

bool PluginRoot::parsePluginConfig(const Json& object, PluginConfig& config) {
  wasmgate::sdk::ConfigReader reader(object);
  int64_t timeout = config.timeout_ms;
  reader.require("service", config.service)
      .read("path", config.path)
      .read("timeout_ms", timeout, 1, 60'000)
      .read("fail_open", config.fail_open);
  config.timeout_ms = static_cast<uint32_t>(timeout);
  return reader.ok() || configFailure(reader.error());
}

bool PluginContext::judge(std::string_view status, bool fail_open) {
  if (status.empty() && !fail_open) {
    sendLocalResponse(503, "check_failed", "", {});
    return false;
  }
  if (!status.empty() && status.front() != '2') {
    sendLocalResponse(403, "check_denied", "denied", {});
    return false;
  }
  return true;
}

FilterHeadersStatus PluginContext::onRequestHeaders(uint32_t, bool) {
  auto* root = static_cast<PluginRoot*>(this->root());
  const auto config = root->holdMatchConfig().second;
  if (config == nullptr) {
    return FilterHeadersStatus::Continue;
  }
  const HeaderStringPairs headers = {
      {":method", "GET"},
      {":path", config->path},
      {":authority", getRequestHeader(":authority")->toString()},
      {"authorization", getRequestHeader("authorization")->toString()},
      {"x-original-path", getRequestHeader(":path")->toString()},
  };
  const std::weak_ptr<const bool> alive = alive_;
  const auto answered = [this, alive, fail_open = config->fail_open](uint32_t, size_t, uint32_t) {
    if (alive.expired()) {
      return;
    }
    const std::string status = getHttpCallResponseHeader(":status")->toString();
    setEffectiveContext();
    if (judge(status, fail_open)) {
      continueRequest();
    }
  };
  const auto result =
      root->httpCall(config->service, headers, "", {}, config->timeout_ms, answered);
  if (result != WasmResult::Ok && judge("", config->fail_open)) {
    return FilterHeadersStatus::Continue;
  }
  return FilterHeadersStatus::StopAllIterationAndWatermark;
}
