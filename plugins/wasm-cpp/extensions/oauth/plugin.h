// oauth: gives out access tokens (OAuth 2, client credentials, RFC 6749 §4.4) and admits requests
// by them.
//
// A token is a JSON Web Token signed with the client's secret (RFC 9068), so nothing is stored.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "auth_util.h"
#include "http_util.h"
#include "jwt.h"
#include "route_rule_matcher.h"

struct OAuthConsumer {
  std::string name;
  std::string client_id;
  std::string client_secret;
};

struct OAuthConfig {
  /// The consumer a token is for, when it is right in everything but its audience; else null.
  const OAuthConsumer* verify(std::string_view token, int64_t now_seconds,
                              std::string& audience) const;

  std::unordered_map<std::string, OAuthConsumer> consumers;  // by client_id
  std::string issuer = "Higress-Gateway";
  std::string auth_path = "/oauth2/token";
  std::string auth_header = "Authorization";
  bool global_credentials = true;
  bool keep_token = true;
  int64_t token_ttl_seconds = 7200;
  int64_t clock_skew_seconds = 60;
};

class OAuthRootContext : public RootContext, public RouteRuleMatcher<OAuthConfig> {
 public:
  using RootContext::RootContext;
  bool onConfigure(size_t size) override { return configureAuthRules(size); }

 private:
  bool parsePluginConfig(const Json& object, OAuthConfig& config) override;
};

class OAuthContext : public Context {
 public:
  static constexpr size_t kBodyLimitBytes = 1024 * 1024;

  using Context::Context;
  FilterHeadersStatus onRequestHeaders(uint32_t headers, bool end_of_stream) override;
  FilterDataStatus onRequestBody(size_t body_size, bool end_of_stream) override;
  FilterTrailersStatus onRequestTrailers(uint32_t trailers) override;

 private:
  FilterHeadersStatus startTokenRequest(std::shared_ptr<const OAuthConfig> config,
                                        bool end_of_stream);
  static FilterHeadersStatus checkToken(const OAuthConfig& config,
                                        const wasmgate::sdk::AllowList& allow);
  void answerForm();
  static void answerTokenRequest(const OAuthConfig& config,
                                 const Wasm::Common::Http::QueryParams& params);

  std::shared_ptr<const OAuthConfig> config_;  // set while the body of a token request is awaited
  size_t body_size_ = 0;
};
