#include "cli/registry_session.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>

#include "cli/commands.h"
#include "cli/exit_codes.h"

namespace wasmgate::cli {
namespace {

sigset_t interrupts() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGINT);
  ::sigaddset(&set, SIGTERM);
  return set;
}

artifact::WebOptions web_options(const TransferOptions& options,
                                 const std::vector<std::string>& hosts,
                                 std::vector<std::string> plain) {
  artifact::WebOptions out;
  out.insecure_hosts = std::move(plain);
  if (options.plain_http) {
    out.insecure_hosts.insert(out.insecure_hosts.end(), hosts.begin(), hosts.end());
  }
  // One large layer over a slow line may take all the time there is.
  out.limits.total_timeout = std::chrono::seconds(options.timeout_seconds);
  out.limits.try_timeout = out.limits.total_timeout;
  return out;
}

}  // namespace

artifact::StoredCredentials user_credentials(artifact::CredentialHelper& helper) {
  const auto environment = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value != nullptr ? value : "");
  };
  return artifact::StoredCredentials(artifact::credential_files(environment), helper);
}

RegistrySession::RegistrySession(const TransferOptions& options,
                                 const std::vector<std::string>& hosts,
                                 const std::vector<std::string>& more_plain)
    : fetcher_("wasmgate/" + program_version()), stored_(user_credentials(helper_)) {
  web_ = std::make_unique<artifact::WebClient>(fetcher_, clock_, sleeper_,
                                               web_options(options, hosts, more_plain));
  registry_ = registry_as(stored_);
  const sigset_t set = interrupts();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signals_ = std::jthread([this](const std::stop_token& stop) { watch_signals(stop); });
}

RegistrySession::~RegistrySession() {
  signals_.request_stop();
  signals_.join();
  const sigset_t set = interrupts();
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

std::unique_ptr<artifact::RegistryClient> RegistrySession::registry_as(
    artifact::CredentialSource& credentials, artifact::RegistryOptions options) {
  return std::make_unique<artifact::RegistryClient>(*web_, credentials, clock_, std::move(options));
}

void RegistrySession::watch_signals(const std::stop_token& stop) {
  const sigset_t set = interrupts();
  const timespec wait{0, 50'000'000};
  bool interrupted = false;
  while (!stop.stop_requested()) {
    if (::sigtimedwait(&set, nullptr, &wait) < 0) {
      continue;
    }
    if (interrupted) {
      ::_exit(kInterrupted);
    }
    interrupted = true;
    fetcher_.stop();
    sleeper_.stop();
  }
}

Result<std::string> parse_registry(const std::string& text) {
  auto reference = oci::parse_reference(text + "/x");
  if (!reference || text.find('/') != std::string::npos) {
    return fail(ErrorCode::InvalidArgument,
                "\"" + text + "\" is no registry; write host or host:port", ErrorSource::Config);
  }
  return reference->host;
}

}  // namespace wasmgate::cli
