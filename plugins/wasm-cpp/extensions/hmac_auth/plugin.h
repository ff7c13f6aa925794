// hmac_auth: admits requests that are signed with a shared secret.
//
// The client signs a text made of the method, some headers, the path and the parameters
// (string_to_sign.h). Form parameters and a Content-MD5 need the body; the headers are held until
// it has been checked, so that upstream sees nothing of a refused request.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "auth_util.h"
#include "route_rule_matcher.h"

struct HmacAuthConfig {
  struct Credential {
    std::string secret;
    std::string consumer;  // empty: anonymous
  };
  std::unordered_map<std::string, Credential> credentials;  // by key
  int64_t date_offset_seconds = 0;                          // 0: the time is not checked
  bool expose_string_to_sign = false;
};

class HmacAuthRootContext : public RootContext, public RouteRuleMatcher<HmacAuthConfig> {
 public:
  using RootContext::RootContext;
  bool onConfigure(size_t size) override { return configureAuthRules(size); }

 private:
  bool parsePluginConfig(const Json& object, HmacAuthConfig& config) override;
};

class HmacAuthContext : public Context {
 public:
  static constexpr size_t kBodyLimitBytes = 32 * 1024 * 1024;

  using Context::Context;
  FilterHeadersStatus onRequestHeaders(uint32_t headers, bool end_of_stream) override;
  FilterDataStatus onRequestBody(size_t body_size, bool end_of_stream) override;
  FilterTrailersStatus onRequestTrailers(uint32_t trailers) override;

 private:
  bool dateIsValid() const;
  /// Checks the signature; `form`: the body, when it holds parameters. Replies when it is wrong.
  bool verifySignature(std::string_view form) const;
  /// Checks what needs the whole body, and finishes the request.
  bool verifyBody();
  void admit();
  static void refuse(uint32_t code, std::string_view text, const HeaderStringPairs& headers = {});

  std::shared_ptr<const HmacAuthConfig> config_;            // set while a body is awaited
  const HmacAuthConfig::Credential* credential_ = nullptr;  // of config_
  bool is_form_ = false;
  size_t body_size_ = 0;
};
