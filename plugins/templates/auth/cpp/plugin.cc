#include "plugin.h"

#include "config_reader.h"

static RegisterContextFactory register_plugin(CONTEXT_FACTORY(PluginContext),
                                              ROOT_FACTORY(PluginRoot));

bool PluginRoot::parsePluginConfig(const Json& object, PluginConfig& config) {
  wasmgate::sdk::ConfigReader reader(object);
  reader.read("header", config.header);
  if (config.header.empty()) {
    reader.fail("header", "must not be empty");
  }
  reader.each("tokens", [&](wasmgate::sdk::ConfigReader& item) {
    std::string token;
    std::string consumer;
    item.require("token", token).require("consumer", consumer);
    if (item.ok() && !config.tokens.insert(token, consumer)) {
      item.fail("token", "is there twice");
    }
  });
  if (reader.ok() && config.tokens.empty()) {
    reader.fail("tokens", "must not be empty");
  }
  return reader.ok() || configFailure(reader.error());
}

FilterHeadersStatus PluginContext::onRequestHeaders(uint32_t, bool) {
  removeRequestHeader("x-consumer");
  return static_cast<PluginRoot*>(root())->onHeaders([](const PluginConfig& config) {
    GET_HEADER_VIEW(config.header, token);
    const std::string* consumer = config.tokens.find(token);
    if (consumer == nullptr) {
      sendLocalResponse(401, "unknown_token", "", {{"www-authenticate", "Token"}});
      return FilterHeadersStatus::StopIteration;
    }
    removeRequestHeader(config.header);
    addRequestHeader("x-consumer", *consumer);
    return FilterHeadersStatus::Continue;
  });
}
