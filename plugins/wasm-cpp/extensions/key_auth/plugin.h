// key_auth: admits requests by an API key in a header or query parameter.
//
// Where keys may stand is turned at configuration into an ordered list of places, each with the
// keys known there, so a request costs one lookup per place, however many consumers there are.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auth_util.h"
#include "config_reader.h"
#include "constant_time.h"
#include "route_rule_matcher.h"

struct KeyAuthConfig {
  /// One header or query parameter name, with the keys that count there.
  struct Place {
    std::string name;
    wasmgate::sdk::CredentialMap<std::string> in_header;  // key to consumer; empty: anonymous
    wasmgate::sdk::CredentialMap<std::string> in_query;
  };
  Place& place(std::string_view name);

  std::string realm = "MSE Gateway";
  std::vector<Place> places;  // in the order in which they are looked at
};

class KeyAuthRootContext : public RootContext, public RouteRuleMatcher<KeyAuthConfig> {
 public:
  using RootContext::RootContext;
  bool onConfigure(size_t size) override { return configureAuthRules(size); }

 private:
  bool parsePluginConfig(const Json& object, KeyAuthConfig& config) override;
};

class KeyAuthContext : public Context {
 public:
  using Context::Context;
  FilterHeadersStatus onRequestHeaders(uint32_t headers, bool end_of_stream) override;

 private:
  /// The consumer of the first presented key that is known; null when there is none.
  static const std::string* findConsumer(const KeyAuthConfig& config);
  static FilterHeadersStatus deny(uint32_t code, std::string_view reason,
                                  const KeyAuthConfig& config);
};
