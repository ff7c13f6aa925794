// Refuses requests whose path has one of many texts.
#pragma once

#include <cstdint>
#include <string>

#include "pattern_set.h"
#include "route_rule_matcher.h"

struct PluginConfig {
  wasmgate::sdk::PatternSet paths;
  uint32_t status = 403;
  std::string message;
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
