// key_rate_limit: limits the requests per time for listed values of a header or query parameter.
//
// A bucket per key is kept in shared data, so all workers count together. It is stored as one time,
// the moment at which the bucket will be full again: taking a token moves it on by the time one
// token takes, and a request is refused when it would lie more than one period ahead. No timer is
// needed.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "route_rule_matcher.h"

struct RateLimit {
  uint64_t count = 0;  // tokens per period, and the most there can be
  uint64_t period_ns = 0;

  uint64_t token_ns() const { return period_ns / count; }
};

struct KeyRateLimitConfig {
  std::string header;  // one of the two is set
  std::string param;
  std::unordered_map<std::string, RateLimit> limits;  // by key
};

class KeyRateLimitRootContext : public RootContext, public RouteRuleMatcher<KeyRateLimitConfig> {
 public:
  KeyRateLimitRootContext(uint32_t id, std::string_view root_id);
  bool onConfigure(size_t size) override;

  /// Takes one token. Returns 0, or the nanoseconds after which there will be one.
  uint64_t take(int rule_id, const std::string& key, const RateLimit& limit);

 private:
  bool parsePluginConfig(const Json& object, KeyRateLimitConfig& config) override;
  std::string bucketName(int rule_id, std::string_view key) const;
  void createBucket(const std::string& name, const RateLimit& limit);

  std::string plugin_name_;
  Metric uncounted_;  // requests that passed because the bucket could not be written
};

class KeyRateLimitContext : public Context {
 public:
  using Context::Context;
  FilterHeadersStatus onRequestHeaders(uint32_t headers, bool end_of_stream) override;
};
