#include "plugin.h"

#include "config_reader.h"

static RegisterContextFactory register_plugin(CONTEXT_FACTORY(PluginContext),
                                              ROOT_FACTORY(PluginRoot));

bool PluginRoot::parsePluginConfig(const Json& object, PluginConfig& config) {
  wasmgate::sdk::ConfigReader reader(object);
  reader.read("greeting", config.greeting);
  if (config.greeting.empty()) {
    reader.fail("greeting", "must not be empty");
  }
  return reader.ok() || configFailure(reader.error());
}

FilterHeadersStatus PluginContext::onRequestHeaders(uint32_t, bool) {
  return static_cast<PluginRoot*>(root())->onHeaders([](const PluginConfig& config) {
    replaceRequestHeader("x-hello", config.greeting);
    return FilterHeadersStatus::Continue;
  });
}
