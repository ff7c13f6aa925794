#include "oci/docker_config.h"

#include "oci/base64.h"

namespace wasmgate::oci {
namespace {

// The keys that name a registry and repository, the most special first: as Docker and as Podman
// write them.
std::vector<std::string> keys_of(const std::string& host, const std::string& repository) {
  std::vector<std::string> out;
  std::string path = repository.empty() ? "" : host + "/" + repository;
  while (path.size() > host.size()) {
    out.push_back(path);
    path.resize(path.rfind('/'));
  }
  out.push_back(credential_key(host));
  for (const char* prefix : {"", "https://", "http://"}) {
    for (const char* suffix : {"", "/", "/v1/", "/v2/"}) {
      out.push_back(prefix + host + suffix);
    }
  }
  return out;
}

tl::unexpected<Error> bad_credentials(const std::string& what) {
  return fail(ErrorCode::InvalidArgument, "credential file: " + what, ErrorSource::Config);
}

Result<Credentials> read_entry(const Json& entry, const std::string& key) {
  Credentials out;
  out.identity_token = string_member(entry, "identitytoken").value_or("");
  out.username = string_member(entry, "username").value_or("");
  out.password = string_member(entry, "password").value_or("");
  if (const auto auth = string_member(entry, "auth"); auth && !auth->empty()) {
    const auto plain = base64_decode(*auth);
    const size_t colon = plain ? plain->find(':') : std::string::npos;
    if (colon == std::string::npos) {
      return bad_credentials("the auth of " + key + " is not base64 of user:password");
    }
    out.username = plain->substr(0, colon);
    out.password = plain->substr(colon + 1);
    while (!out.password.empty() && out.password.back() == '\0') {
      out.password.pop_back();  // some writers pad with NUL
    }
  }
  return out;
}

}  // namespace

std::string credential_key(const std::string& host) {
  return host == "docker.io" ? "https://index.docker.io/v1/" : host;
}

Result<DockerConfig> DockerConfig::parse(std::string_view text) {
  DockerConfig out;
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    return out;
  }
  auto root = parse_json(text);
  if (!root || !root->is_object()) {
    return bad_credentials("not a JSON object");
  }
  for (const char* key : {"auths", "credHelpers"}) {
    const Json* part = member(*root, key);
    if (part != nullptr && !part->is_object() && !part->is_null()) {
      return bad_credentials(std::string(key) + " is no object");
    }
  }
  out.root_ = std::move(*root);
  return out;
}

std::optional<std::string> DockerConfig::helper_for(const std::string& host) const {
  if (const Json* helpers = object_member(root_, "credHelpers")) {
    for (const std::string& key : keys_of(host, "")) {
      if (auto name = string_member(*helpers, key); name && !name->empty()) {
        return name;
      }
    }
  }
  auto store = string_member(root_, "credsStore");
  return store && !store->empty() ? store : std::nullopt;
}

Result<std::optional<Credentials>> DockerConfig::find(const std::string& host,
                                                      const std::string& repository) const {
  const Json* auths = object_member(root_, "auths");
  if (auths == nullptr) {
    return std::optional<Credentials>();
  }
  for (const std::string& key : keys_of(host, repository)) {
    if (const Json* entry = object_member(*auths, key)) {
      auto read = read_entry(*entry, key);
      if (!read) {
        return tl::unexpected(read.error());
      }
      if (!read->empty()) {
        return std::optional(std::move(*read));
      }
    }
  }
  return std::optional<Credentials>();
}

void DockerConfig::set(const std::string& host, const Credentials& credentials) {
  Json entry = Json::object();
  if (!credentials.identity_token.empty()) {
    entry["identitytoken"] = credentials.identity_token;
  }
  entry["auth"] = base64_encode(credentials.username + ":" + credentials.password);
  if (object_member(root_, "auths") == nullptr) {
    root_["auths"] = Json::object();
  }
  root_["auths"][credential_key(host)] = std::move(entry);
}

bool DockerConfig::erase(const std::string& host) {
  if (object_member(root_, "auths") == nullptr) {
    return false;
  }
  bool found = false;
  for (const std::string& key : keys_of(host, "")) {
    found = root_["auths"].erase(key) > 0 || found;
  }
  return found;
}

std::string DockerConfig::to_text() const { return to_pretty_text(root_); }

Result<Credentials> read_helper_answer(std::string_view text) {
  const auto root = parse_json(text);
  const auto user = root ? string_member(*root, "Username") : std::nullopt;
  const auto secret = root ? string_member(*root, "Secret") : std::nullopt;
  if (!user || !secret) {
    return fail(ErrorCode::Protocol, "the credential helper's answer has no Username and Secret",
                ErrorSource::Config);
  }
  Credentials out;
  if (*user == "<token>") {
    out.identity_token = *secret;
  } else {
    out.username = *user;
    out.password = *secret;
  }
  return out;
}

std::string helper_store_request(const std::string& host, const Credentials& credentials) {
  const bool token = !credentials.identity_token.empty();
  return oci::to_text({{"ServerURL", credential_key(host)},
                       {"Username", token ? "<token>" : credentials.username},
                       {"Secret", token ? credentials.identity_token : credentials.password}});
}

}  // namespace wasmgate::oci
