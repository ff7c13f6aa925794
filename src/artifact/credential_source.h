#pragma once
// Who we are to a registry: from a pull secret, or from Docker's and Podman's stores. Asked once
// per registry and piece of work.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "artifact/ports.h"
#include "base/result.h"
#include "oci/auth_challenge.h"
#include "oci/reference.h"

namespace wasmgate::artifact {

class CredentialSource {
 public:
  virtual ~CredentialSource() = default;

  /// Empty credentials: anonymous. Errors: the store cannot be read; never says a secret.
  virtual Result<oci::Credentials> find(const std::string& host, const std::string& repository) = 0;
};

/// Nobody.
class Anonymous final : public CredentialSource {
 public:
  Result<oci::Credentials> find(const std::string&, const std::string&) override {
    return oci::Credentials{};
  }
};

/// The text of a dockerconfigjson secret, and nothing else.
class SecretCredentials final : public CredentialSource {
 public:
  explicit SecretCredentials(std::string text) : text_(std::move(text)) {}
  Result<oci::Credentials> find(const std::string& host, const std::string& repository) override;

 private:
  std::string text_;
};

/// Value of an environment variable; empty when unset.
using Environment = std::function<std::string(const char*)>;

/// The files of this user: $DOCKER_CONFIG/config.json or ~/.docker/config.json, then Podman's:
/// $REGISTRY_AUTH_FILE, $XDG_RUNTIME_DIR/containers/auth.json,
/// $XDG_CONFIG_HOME/containers/auth.json or ~/.config/containers/auth.json.
std::vector<std::string> credential_files(const Environment& environment);

/// The stores of this user: the first file that knows the registry wins; credential helpers go
/// before what stands in the same file.
class StoredCredentials final : public CredentialSource {
 public:
  /// `helper` outlives this.
  StoredCredentials(std::vector<std::string> files, CredentialHelper& helper)
      : files_(std::move(files)), helper_(helper) {}
  Result<oci::Credentials> find(const std::string& host, const std::string& repository) override;

  /// Writes to the first file, or to the helper it names; the file becomes mode 0600. Returns
  /// where: a path, or a program's name.
  Result<std::string> store(const std::string& host, const oci::Credentials& credentials);
  /// Returns false when there was nothing to remove.
  Result<bool> erase(const std::string& host);

 private:
  std::vector<std::string> files_;
  CredentialHelper& helper_;
};

}  // namespace wasmgate::artifact
