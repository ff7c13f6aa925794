// Sets fields of JSON request bodies.
//
// The headers are held until the body is known, so that a body can still be refused.
#pragma once

#include <memory>

#include "route_rule_matcher.h"

struct PluginConfig {
  Wasm::Common::JsonObject fields;
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
  static constexpr size_t kBodyLimitBytes = 1024 * 1024;

  using Context::Context;
  FilterHeadersStatus onRequestHeaders(uint32_t headers, bool end_of_stream) override;
  FilterDataStatus onRequestBody(size_t body_size, bool end_of_stream) override;
  FilterTrailersStatus onRequestTrailers(uint32_t trailers) override;

 private:
  void transformBody();

  std::shared_ptr<const PluginConfig> config_;  // set while a body is awaited
  size_t body_size_ = 0;
};
