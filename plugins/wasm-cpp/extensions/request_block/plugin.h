// request_block: refuses requests by their URL, headers or body.
//
// The order of the checks is exact URLs, regular expressions, URL parts, headers, body. The body is
// held (at most kBodyLimitBytes) only when there are body patterns, together with the headers, so
// that upstream sees nothing of a refused request.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "pattern_set.h"
#include "regex.h"
#include "route_rule_matcher.h"

struct RequestBlockConfig {
  uint32_t blocked_code = 403;
  std::string blocked_message;
  bool case_sensitive = true;
  std::unordered_set<std::string> exact_urls;  // in lower case unless case_sensitive
  std::shared_ptr<Wasm::Common::Regex::RegexSet> regexp_urls;
  wasmgate::sdk::PatternSet urls;
  wasmgate::sdk::PatternSet headers;
  wasmgate::sdk::PatternSet bodies;

  bool blocksUrl(std::string_view path) const;
};

class RequestBlockRootContext : public RootContext, public RouteRuleMatcher<RequestBlockConfig> {
 public:
  using RootContext::RootContext;
  bool onConfigure(size_t size) override { return configureRules(size); }

 private:
  bool parsePluginConfig(const Json& object, RequestBlockConfig& config) override;
};

class RequestBlockContext : public Context {
 public:
  static constexpr size_t kBodyLimitBytes = 32 * 1024 * 1024;

  using Context::Context;
  FilterHeadersStatus onRequestHeaders(uint32_t headers, bool end_of_stream) override;
  FilterDataStatus onRequestBody(size_t body_size, bool end_of_stream) override;
  FilterTrailersStatus onRequestTrailers(uint32_t trailers) override;

 private:
  void block() const;
  bool bodyIsBlocked() const;

  std::shared_ptr<const RequestBlockConfig> config_;  // set while the request is being checked
  size_t body_size_ = 0;
};
