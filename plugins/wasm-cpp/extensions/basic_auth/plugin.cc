#include "plugin.h"

#include "base64.h"
#include "common_util.h"
#include "config_reader.h"
#include "crypto_util.h"
#include "http_util.h"

static RegisterContextFactory register_BasicAuth(CONTEXT_FACTORY(BasicAuthContext),
                                                 ROOT_FACTORY(BasicAuthRootContext));

namespace {
using wasmgate::sdk::ConfigReader;
constexpr std::string_view kScheme = "Basic ";
}  // namespace

// Configuration ----------------------------------------------------------------------------------

std::string BasicAuthConfig::add(std::string_view credential, std::string_view consumer) {
  std::string decoded(credential);
  if (credential.find(':') == std::string_view::npos) {
    if (encrypted) {
      return "expected \"user:hash\", because encrypted is set";
    }
    decoded = Base64::decode(credential).value_or("");
    if (decoded.find(':') == std::string::npos) {
      return "expected \"user:password\" or its base64";
    }
  }
  ++count;
  if (!encrypted) {
    return plain_.insert(decoded, std::string(consumer)) ? "" : "is there twice";
  }
  const size_t colon = decoded.find(':');
  std::vector<HashedUser>& users = hashed_[decoded.substr(0, colon)];
  const std::string hash = decoded.substr(colon + 1);
  for (const HashedUser& user : users) {
    if (user.hash == hash) {
      return "is there twice";
    }
  }
  users.push_back({hash, std::string(consumer)});
  return "";
}

const std::string* BasicAuthConfig::find(std::string_view credential) const {
  return encrypted ? find_hashed(credential) : plain_.find(credential);
}

const std::string* BasicAuthConfig::find_hashed(std::string_view credential) const {
  using namespace Wasm::Common::Crypto;
  const size_t colon = credential.find(':');
  if (colon == std::string_view::npos) {
    return nullptr;
  }
  const auto users = hashed_.find(std::string(credential.substr(0, colon)));
  if (users == hashed_.end()) {
    return nullptr;
  }
  for (const HashedUser& user : users->second) {
    // The digest covers the configured hash too, so that it is worthless for another one.
    const std::string digest = getHash(
        "sha256", std::to_string(user.hash.size()) + ":" + user.hash + std::string(credential));
    if (remembered_.count(digest) != 0) {
      return &user.consumer;
    }
    if (verifyPassword(credential.substr(colon + 1), user.hash)) {
      if (remembered_.size() >= kRememberedLimit) {
        remembered_.clear();
      }
      remembered_.insert(digest);
      return &user.consumer;
    }
  }
  return nullptr;
}

bool BasicAuthRootContext::parsePluginConfig(const Json& object, BasicAuthConfig& config) {
  ConfigReader reader(object);
  reader.read("realm", config.realm).read("encrypted", config.encrypted);
  if (reader.has("consumers") && reader.has("credentials")) {
    reader.fail("credentials", "excludes consumers");
  }
  reader.each("consumers", [&](ConfigReader& consumer) {
    std::string name, credential;
    consumer.require("name", name).require("credential", credential);
    const std::string error = consumer.ok() ? config.add(credential, name) : "";
    if (!error.empty()) {
      consumer.fail("credential", error);
    }
  });
  std::vector<std::string> credentials;
  reader.read("credentials", credentials);
  for (size_t index = 0; index < credentials.size() && reader.ok(); ++index) {
    const std::string error = config.add(credentials[index], "");
    if (!error.empty()) {
      reader.fail("credentials[" + std::to_string(index) + "]", error);
    }
  }
  if (reader.ok() && config.count == 0) {
    reader.fail("", "consumers or credentials is required, with at least one credential");
  }
  return reader.ok() || configFailure(reader.error());
}

// Request ----------------------------------------------------------------------------------------

FilterHeadersStatus BasicAuthContext::onRequestHeaders(uint32_t, bool) {
  wasmgate::sdk::remove_client_consumer();
  const auto [match, allow] = static_cast<BasicAuthRootContext*>(root())->getMatchAuthConfig();
  if (!match) {
    return FilterHeadersStatus::Continue;
  }
  const BasicAuthConfig& config = match->get();
  GET_HEADER_VIEW(Wasm::Common::Http::Header::Authorization, header);
  if (!Wasm::Common::startsWithIgnoreCase(header, kScheme)) {
    return deny(401, "No Basic Authentication information found.", config);
  }
  const auto credential = Base64::decode(Wasm::Common::trim(header.substr(kScheme.size())));
  const std::string* consumer = credential ? config.find(*credential) : nullptr;
  if (consumer == nullptr) {
    return deny(401, "Invalid username and/or password", config);
  }
  if (!wasmgate::sdk::is_admitted(*consumer, allow)) {
    return deny(403, "Unauthorized consumer", config);
  }
  if (!consumer->empty()) {
    wasmgate::sdk::set_consumer(*consumer);
  }
  return FilterHeadersStatus::Continue;
}

FilterHeadersStatus BasicAuthContext::deny(uint32_t code, std::string_view reason,
                                           const BasicAuthConfig& config) {
  sendLocalResponse(code, "Request denied by Basic Auth check. " + std::string(reason), "",
                    {{"WWW-Authenticate", wasmgate::sdk::challenge("Basic", config.realm)}});
  return FilterHeadersStatus::StopIteration;
}
