// basic_auth: admits requests by HTTP Basic authentication (RFC 7617).
//
// Passwords are configured in clear text or, with `encrypted`, as hashes. A password that has
// passed a slow hash once is remembered (as a SHA-256 digest), so that the next request does not
// pay again.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "auth_util.h"
#include "constant_time.h"
#include "route_rule_matcher.h"

class BasicAuthConfig {
 public:
  /// Adds "user:password" or its base64. Returns an error text, empty when added.
  std::string add(std::string_view credential, std::string_view consumer);
  /// The consumer's name (empty for anonymous credentials) when `credential`, "user:password", is
  /// right; else null.
  const std::string* find(std::string_view credential) const;

  std::string realm = "MSE Gateway";
  bool encrypted = false;
  size_t count = 0;

 private:
  struct HashedUser {
    std::string hash;
    std::string consumer;
  };
  static constexpr size_t kRememberedLimit = 1024;

  const std::string* find_hashed(std::string_view credential) const;

  wasmgate::sdk::CredentialMap<std::string> plain_;
  std::unordered_map<std::string, std::vector<HashedUser>> hashed_;  // by user name
  mutable std::unordered_set<std::string> remembered_;
};

class BasicAuthRootContext : public RootContext, public RouteRuleMatcher<BasicAuthConfig> {
 public:
  using RootContext::RootContext;
  bool onConfigure(size_t size) override { return configureAuthRules(size); }

 private:
  bool parsePluginConfig(const Json& object, BasicAuthConfig& config) override;
};

class BasicAuthContext : public Context {
 public:
  using Context::Context;
  FilterHeadersStatus onRequestHeaders(uint32_t headers, bool end_of_stream) override;

 private:
  static FilterHeadersStatus deny(uint32_t code, std::string_view reason,
                                  const BasicAuthConfig& config);
};
