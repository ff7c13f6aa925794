#include "plugin.h"

#include <map>
#include <optional>
#include <unordered_set>

#include "common_util.h"
#include "http_util.h"

static RegisterContextFactory register_KeyAuth(CONTEXT_FACTORY(KeyAuthContext),
                                               ROOT_FACTORY(KeyAuthRootContext));

namespace {

using wasmgate::sdk::ConfigReader;

// Where an earlier hop keeps the credential that the client sent.
constexpr std::string_view kOriginalAuthHeader = "x-hi-original-auth";

/// Where keys are looked for.
struct Locations {
  std::vector<std::string> names;
  bool in_header = true;
  bool in_query = true;
};

void readLocations(ConfigReader& reader, Locations& locations) {
  std::vector<std::string> names;
  reader.read("keys", names)
      .read("in_header", locations.in_header)
      .read("in_query", locations.in_query);
  if (!names.empty()) {
    locations.names = std::move(names);
  }
  if (!locations.in_header && !locations.in_query) {
    reader.fail("in_header", "must not be false together with in_query");
  }
}

void addToPlaces(KeyAuthConfig& config, const Locations& locations, const std::string& credential,
                 const std::string& consumer) {
  for (const std::string& name : locations.names) {
    KeyAuthConfig::Place& place = config.place(name);
    if (locations.in_header) {
      place.in_header.insert(credential, consumer);
    }
    if (locations.in_query) {
      place.in_query.insert(credential, consumer);
    }
  }
}

void addOriginalAuth(KeyAuthConfig& config, const std::string& credential,
                     const std::string& consumer) {
  config.place(kOriginalAuthHeader).in_header.insert(credential, consumer);
}

/// Credentials of one consumer: `credential` or `credentials`.
std::vector<std::string> readCredentials(ConfigReader& consumer) {
  std::vector<std::string> credentials;
  if (consumer.has("credential") == consumer.has("credentials")) {
    consumer.fail("credential", "exactly one of credential and credentials is required");
    return credentials;
  }
  if (consumer.has("credential")) {
    consumer.require("credential", credentials.emplace_back());
  }
  consumer.read("credentials", credentials);
  for (const std::string& credential : credentials) {
    if (credential.empty()) {
      consumer.fail("credentials", "must not hold an empty text");
    }
  }
  if (credentials.empty()) {
    consumer.fail("credentials", "must not be empty");
  }
  return credentials;
}

}  // namespace

KeyAuthConfig::Place& KeyAuthConfig::place(std::string_view name) {
  for (Place& known : places) {
    if (known.name == name) {
      return known;
    }
  }
  places.push_back({std::string(name), {}, {}});
  return places.back();
}

bool KeyAuthRootContext::parsePluginConfig(const Json& object, KeyAuthConfig& config) {
  ConfigReader reader(object);
  Locations global;
  readLocations(reader, global);
  reader.read("realm", config.realm);
  if (reader.has("consumers") == reader.has("credentials")) {
    reader.fail("", "exactly one of consumers and credentials is required");
  }
  std::unordered_set<std::string> seen;
  const auto isNew = [&](const std::string& credential) { return seen.insert(credential).second; };

  reader.each("consumers", [&](ConfigReader& consumer) {
    std::string name;
    consumer.require("name", name);
    Locations own = global;
    readLocations(consumer, own);
    if (consumer.ok() && own.names.empty()) {
      consumer.fail("keys", "is required here or for all consumers");
    }
    for (const std::string& credential : readCredentials(consumer)) {
      if (!isNew(credential)) {
        consumer.fail("credential", "is there twice");
      }
      if (consumer.has("keys")) {
        addOriginalAuth(config, credential, name);
      }
      addToPlaces(config, own, credential, name);
    }
  });
  std::vector<std::string> credentials;
  reader.read("credentials", credentials);
  if (reader.has("credentials") && global.names.empty()) {
    reader.fail("keys", "is required");
  }
  for (const std::string& credential : credentials) {
    if (credential.empty() || !isNew(credential)) {
      reader.fail("credentials", "must not hold an empty text or the same one twice");
    }
    addToPlaces(config, global, credential, "");
  }
  for (const std::string& credential : credentials) {
    addOriginalAuth(config, credential, "");
  }
  if (reader.ok() && config.places.empty()) {
    reader.fail(reader.has("consumers") ? "consumers" : "credentials", "must not be empty");
  }
  return reader.ok() || configFailure(reader.error());
}

FilterHeadersStatus KeyAuthContext::onRequestHeaders(uint32_t, bool) {
  wasmgate::sdk::remove_client_consumer();
  const auto [match, allow] = static_cast<KeyAuthRootContext*>(root())->getMatchAuthConfig();
  if (!match) {
    return FilterHeadersStatus::Continue;
  }
  const KeyAuthConfig& config = match->get();
  const std::string* consumer = findConsumer(config);
  if (consumer == nullptr) {
    return deny(401, "Invalid API key", config);
  }
  if (!wasmgate::sdk::is_admitted(*consumer, allow)) {
    return deny(403, "Unauthorized consumer", config);
  }
  if (!consumer->empty()) {
    wasmgate::sdk::set_consumer(*consumer);
  }
  return FilterHeadersStatus::Continue;
}

const std::string* KeyAuthContext::findConsumer(const KeyAuthConfig& config) {
  std::optional<Wasm::Common::Http::QueryParams> query;  // parsed when first needed
  for (const KeyAuthConfig::Place& place : config.places) {
    if (!place.in_header.empty()) {
      GET_HEADER_VIEW(place.name, value);
      if (const std::string* consumer = place.in_header.find(value)) {
        return consumer;
      }
    }
    if (!place.in_query.empty()) {
      if (!query) {
        query = Wasm::Common::Http::parseAndDecodeQueryString(getRequestHeader(":path")->view());
      }
      const auto value = query->find(place.name);
      const std::string* consumer =
          value == query->end() ? nullptr : place.in_query.find(value->second);
      if (consumer != nullptr) {
        return consumer;
      }
    }
  }
  return nullptr;
}

FilterHeadersStatus KeyAuthContext::deny(uint32_t code, std::string_view reason,
                                         const KeyAuthConfig& config) {
  sendLocalResponse(code, "Request denied by Key Auth check. " + std::string(reason), "",
                    {{"WWW-Authenticate", wasmgate::sdk::challenge("Key", config.realm)}});
  return FilterHeadersStatus::StopIteration;
}
