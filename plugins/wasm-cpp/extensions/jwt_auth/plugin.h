// jwt_auth: admits requests by a JSON Web Token in a header, query parameter or cookie.
//
// Each consumer says where its tokens stand (token_source.h) and which keys and claims they must
// have. Consumers are tried in order; the first whose every token verifies, and whom the rule
// admits, wins.
#pragma once

#include <string>
#include <vector>

#include "auth_util.h"
#include "jwt.h"
#include "route_rule_matcher.h"
#include "token_source.h"

struct JwtConsumer {
  struct ClaimHeader {
    std::string claim;
    std::string header;
    bool override_value = true;
  };

  /// Checks one token; `jwt` is filled.
  wasmgate::sdk::JwtStatus verify(const std::string& token, int64_t now_seconds,
                                  wasmgate::sdk::Jwt& jwt) const;

  std::string name;
  std::string issuer;  // empty: any
  std::vector<std::pair<std::string, std::string>> claims;
  TokenSource source;
  std::vector<ClaimHeader> claims_to_headers;
  int64_t clock_skew_seconds = 60;
  bool keep_token = true;
  wasmgate::sdk::Jwks keys;
};

struct JwtAuthConfig {
  std::vector<JwtConsumer> consumers;
  std::vector<std::string> enable_headers;  // not empty: only requests with one of them are checked
};

class JwtAuthRootContext : public RootContext, public RouteRuleMatcher<JwtAuthConfig> {
 public:
  using RootContext::RootContext;
  bool onConfigure(size_t size) override { return configureAuthRules(size); }

 private:
  bool parsePluginConfig(const Json& object, JwtAuthConfig& config) override;
};

class JwtAuthContext : public Context {
 public:
  using Context::Context;
  FilterHeadersStatus onRequestHeaders(uint32_t headers, bool end_of_stream) override;

 private:
  static bool isEnabled(const JwtAuthConfig& config);
  static void admit(const JwtConsumer& consumer, const wasmgate::sdk::Jwt& jwt);
  static FilterHeadersStatus deny(wasmgate::sdk::JwtStatus status);
};
