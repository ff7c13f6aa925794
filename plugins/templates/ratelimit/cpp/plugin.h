// Limits the requests per minute of each caller.
//
// Shared data holds one time per caller: when its allowance will be full again. A request moves it
// on by a minute's part, and is refused when it would lie more than a minute ahead. No timer is
// needed, and all workers count together.
#pragma once

#include <cstdint>
#include <string>

#include "route_rule_matcher.h"

struct PluginConfig {
  int64_t per_minute = 0;
  std::string header = "x-api-key";
};

class PluginRoot : public RootContext, public RouteRuleMatcher<PluginConfig> {
 public:
  using RootContext::RootContext;
  bool onConfigure(size_t size) override { return configureRules(size); }

 private:
  bool parsePluginConfig(const Json& object, PluginConfig& config) override;
};

class PluginContext : public Context {
 public:
  using Context::Context;
  FilterHeadersStatus onRequestHeaders(uint32_t headers, bool end_of_stream) override;
};
