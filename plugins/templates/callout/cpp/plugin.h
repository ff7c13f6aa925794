// Asks a service before it lets a request pass.
//
// The request is held while the call is under way. The answer arrives on the root context, perhaps
// after the request has gone: `alive_` tells.
#pragma once

#include <memory>
#include <string>

#include "route_rule_matcher.h"

struct PluginConfig {
  std::string service;
  std::string path = "/check";
  uint32_t timeout_ms = 1000;
  bool fail_open = false;
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

 private:
  /// `status`: of the service's answer, empty when there was none. True when the request may pass;
  /// else it has been answered.
  static bool judge(std::string_view status, bool fail_open);

  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};
