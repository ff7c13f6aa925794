#pragma once
// Docker's credential file (~/.docker/config.json), Podman's auth.json and the text of a
// dockerconfigjson secret: one format. Reading a registry's credentials, and editing the file for
// login and logout without losing what else it says.

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "oci/auth_challenge.h"
#include "oci/json.h"

namespace wasmgate::oci {

class DockerConfig {
 public:
  /// `text` empty: an empty configuration. Errors: InvalidArgument; never says a secret.
  static Result<DockerConfig> parse(std::string_view text);

  /// The program that keeps the credentials of `host`: "docker-credential-<name>"'s name, from
  /// credHelpers, else credsStore.
  std::optional<std::string> helper_for(const std::string& host) const;

  /// Credentials written in the file itself. `repository`: Podman's files may have keys for parts
  /// of a registry; the longest wins. Errors: InvalidArgument when an entry is there and its auth
  /// is no base64 of user:password.
  Result<std::optional<Credentials>> find(const std::string& host,
                                          const std::string& repository = "") const;

  void set(const std::string& host, const Credentials& credentials);
  /// False when there was none.
  bool erase(const std::string& host);

  /// The file's text, other keys kept.
  std::string to_text() const;

 private:
  Json root_ = Json::object();
};

/// The registry's name in such files: "https://index.docker.io/v1/" for Docker Hub, else the host.
std::string credential_key(const std::string& host);

/// The answer of `docker-credential-x get`. User "<token>": the secret is an identity token.
/// Errors: Protocol.
Result<Credentials> read_helper_answer(std::string_view text);
/// The question for `docker-credential-x store`.
std::string helper_store_request(const std::string& host, const Credentials& credentials);

}  // namespace wasmgate::oci
