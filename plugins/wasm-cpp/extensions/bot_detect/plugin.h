// bot_detect: refuses crawlers by their User-Agent.
//
// Order: an `allow` expression lets the request pass; a `deny` expression blocks it; then the
// built-in list of crawlers (bot_patterns.h) does. Every expression is searched for, not matched as
// a whole. The plug-in works without any configuration.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "regex.h"
#include "route_rule_matcher.h"

struct BotDetectConfig {
  uint32_t blocked_code = 403;
  std::string blocked_message;
  std::shared_ptr<Wasm::Common::Regex::RegexSet> allow;  // null: none
  std::shared_ptr<Wasm::Common::Regex::RegexSet> deny;

  bool blocks(std::string_view user_agent) const;
};

class BotDetectRootContext : public RootContext, public RouteRuleMatcher<BotDetectConfig> {
 public:
  BotDetectRootContext(uint32_t id, std::string_view root_id) : RootContext(id, root_id) {
    setEmptyGlobalConfig();
  }
  bool onConfigure(size_t size) override;

 private:
  bool parsePluginConfig(const Json& object, BotDetectConfig& config) override;
};

class BotDetectContext : public Context {
 public:
  using Context::Context;
  FilterHeadersStatus onRequestHeaders(uint32_t headers, bool end_of_stream) override;
};
