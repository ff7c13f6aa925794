// Admits requests with a known token.
#pragma once

#include <string>

#include "constant_time.h"
#include "route_rule_matcher.h"

struct PluginConfig {
  std::string header = "x-api-token";
  wasmgate::sdk::CredentialMap<std::string> tokens;  // token to consumer
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
