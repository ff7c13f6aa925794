#pragma once
// Talks to registries: manifests, blobs, uploads, tokens, mirrors. One client per piece of work or
// per credential scope; tokens are kept in memory for its life.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "artifact/credential_source.h"
#include "artifact/image_end.h"
#include "artifact/web_client.h"
#include "oci/registry_messages.h"

namespace wasmgate::artifact {

struct RegistryOptions {
  std::map<std::string, std::string> mirrors;  // registry → where to ask first; pulls only
  std::vector<std::string> trusted_realms;     // foreign hosts that may get credentials for tokens
  size_t blob_bytes = kBlobBytes;
};

class RegistryClient final : public ImageEnd {
 public:
  /// All arguments outlive the client.
  RegistryClient(WebClient& web, CredentialSource& credentials, const Clock& clock,
                 RegistryOptions options);

  Result<FetchedManifest> manifest(const oci::Reference& reference) override;
  Result<std::string> blob(const oci::Reference& reference,
                           const oci::Descriptor& descriptor) override;
  Result<bool> has_blob(const oci::Reference& reference,
                        const oci::Descriptor& descriptor) override;
  Result<void> put_blob(const oci::Reference& reference, const oci::Descriptor& descriptor,
                        std::string_view bytes) override;
  Result<void> put_manifest(const oci::Reference& reference,
                            const FetchedManifest& manifest) override;

  /// A blob into `sink`, whose owner compares the digest; size is checked here.
  Result<void> blob_into(const oci::Reference& reference, const oci::Descriptor& descriptor,
                         WebSink& sink);

  /// Asks for what needs no more than being let in (GET /v2/). Errors: Refused when it is not.
  Result<void> check_login(const std::string& host);

 private:
  struct Held {
    std::string authorization;
    MonotonicTime until;
  };

  Result<WebResponse> call(const std::string& host, WebRequest request,
                           const std::string& repository, const std::string& scope,
                           WebSink* sink = nullptr);
  Result<std::string> authenticate(const std::string& host, const WebResponse& answer,
                                   const std::string& repository, const std::string& scope,
                                   std::chrono::seconds& lifetime);
  Result<WebRequest> request_to(const std::string& host, std::string method,
                                std::string target) const;
  std::vector<std::string> hosts_for(const oci::Reference& reference) const;
  template <class Ask>
  auto from_first(const oci::Reference& reference, Ask&& ask);

  WebClient& web_;
  CredentialSource& credentials_;
  const Clock& clock_;
  RegistryOptions options_;
  std::map<std::string, Held> held_;  // by host and scope
};

}  // namespace wasmgate::artifact
