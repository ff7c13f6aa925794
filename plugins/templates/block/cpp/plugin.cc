#include "plugin.h"

#include <algorithm>
#include <vector>

#include "config_reader.h"

static RegisterContextFactory register_plugin(CONTEXT_FACTORY(PluginContext),
                                              ROOT_FACTORY(PluginRoot));

bool PluginRoot::parsePluginConfig(const Json& object, PluginConfig& config) {
  wasmgate::sdk::ConfigReader reader(object);
  std::vector<std::string> paths;
  int64_t status = config.status;
  reader.read("block_paths", paths)
      .read("status", status, 400, 599)
      .read("message", config.message);
  config.status = static_cast<uint32_t>(status);
  if (paths.empty() || std::find(paths.begin(), paths.end(), "") != paths.end()) {
    reader.fail("block_paths", "must have texts, none of them empty");
  }
  config.paths = wasmgate::sdk::PatternSet(paths, true);
  return reader.ok() || configFailure(reader.error());
}

FilterHeadersStatus PluginContext::onRequestHeaders(uint32_t, bool) {
  return static_cast<PluginRoot*>(root())->onHeaders([](const PluginConfig& config) {
    GET_HEADER_VIEW(":path", path);
    if (!config.paths.found_in(path)) {
      return FilterHeadersStatus::Continue;
    }
    sendLocalResponse(config.status, "blocked", config.message, {});
    return FilterHeadersStatus::StopIteration;
  });
}
