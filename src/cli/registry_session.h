#pragma once
// One command's way to registries: the network, who we are, time limits, and an end at Ctrl-C. The
// first interrupt ends the exchange that goes on (Cancelled, exit code 130), the second the
// process.

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "artifact/credential_source.h"
#include "artifact/registry_client.h"
#include "artifact/web_client.h"
#include "base/clock.h"
#include "cli/distribution_options.h"
#include "server/http_fetcher.h"

namespace wasmgate::cli {

class RegistrySession {
 public:
  /// `hosts`: the registries that the command line names; plain http is spoken to them only when
  /// the options say so. `more_plain`: others that a configuration allows.
  RegistrySession(const TransferOptions& options, const std::vector<std::string>& hosts,
                  const std::vector<std::string>& more_plain = {});
  ~RegistrySession();
  RegistrySession(const RegistrySession&) = delete;
  RegistrySession& operator=(const RegistrySession&) = delete;

  /// As the user, with Docker's and Podman's stores.
  artifact::RegistryClient& registry() { return *registry_; }

  /// As somebody else. Lifetime: `credentials` and the session outlive it.
  std::unique_ptr<artifact::RegistryClient> registry_as(artifact::CredentialSource& credentials,
                                                        artifact::RegistryOptions options = {});

 private:
  void watch_signals(const std::stop_token& stop);

  SystemClock clock_;
  server::HttpFetcher fetcher_;
  server::WakeableSleeper sleeper_;
  server::ProcessCredentialHelper helper_;
  artifact::StoredCredentials stored_;
  std::unique_ptr<artifact::WebClient> web_;
  std::unique_ptr<artifact::RegistryClient> registry_;
  std::jthread signals_;
};

/// The credential stores of this user.
artifact::StoredCredentials user_credentials(artifact::CredentialHelper& helper);

/// The registry of "host[:port]", in its usual spelling. Errors: InvalidArgument.
Result<std::string> parse_registry(const std::string& text);

}  // namespace wasmgate::cli
