// custom_response: answers with a configured response, at once or in place of responses with
// certain statuses.
#pragma once

#include <string>
#include <unordered_set>

#include "route_rule_matcher.h"

struct CustomResponseConfig {
  uint32_t status_code = 200;
  HeaderStringPairs headers;
  std::string body;
  std::unordered_set<int64_t> enable_on_status;  // empty: reply at request headers
};

class CustomResponseRootContext : public RootContext,
                                  public RouteRuleMatcher<CustomResponseConfig> {
 public:
  using RootContext::RootContext;
  bool onConfigure(size_t size) override { return configureRules(size); }

 private:
  bool parsePluginConfig(const Json& object, CustomResponseConfig& config) override;
};

class CustomResponseContext : public Context {
 public:
  using Context::Context;
  FilterHeadersStatus onRequestHeaders(uint32_t headers, bool end_of_stream) override;
  FilterHeadersStatus onResponseHeaders(uint32_t headers, bool end_of_stream) override;

 private:
  void reply(const CustomResponseConfig& config);

  std::shared_ptr<const CustomResponseConfig> config_;  // of the route the request came by
  bool replied_ = false;
};
