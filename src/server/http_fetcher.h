#pragma once
// artifact::Fetcher on libcurl: one exchange at a time, blocking, with the address rule enforced on
// the addresses that are connected to, after name resolution. And the machine's part of the other
// ports of artifact/: waiting, credential helpers.

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include "artifact/fetcher.h"
#include "artifact/ports.h"

namespace wasmgate::server {

class HttpFetcher final : public artifact::Fetcher {
 public:
  /// `user_agent`: "wasmgate/0.1.0".
  explicit HttpFetcher(std::string user_agent);
  ~HttpFetcher() override;

  Result<artifact::FetchResponse> fetch(const artifact::FetchRequest& request,
                                        const artifact::BodySink& sink) override;

  /// Ends the present exchange within a second, and all later ones at once (Cancelled). Thread:
  /// any.
  void stop() { stopped_ = true; }
  void hurry(bool on) override { hurried_ = on; }

 private:
  struct Handle;
  std::unique_ptr<Handle> handle_;  // made by the first fetch
  std::string user_agent_;
  std::atomic<bool> stopped_{false};
  std::atomic<bool> hurried_{false};
};

/// Waits in real time; stop() (any thread) ends the present wait and all later ones.
class WakeableSleeper final : public artifact::Sleeper {
 public:
  bool sleep(Duration time) override;
  void stop();
  void hurry(bool on) override;

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopped_ = false;
  bool hurried_ = false;
};

/// Runs docker-credential-<name> from PATH, at most 10 seconds.
class ProcessCredentialHelper final : public artifact::CredentialHelper {
 public:
  Result<std::string> run(const std::string& name, const std::string& verb,
                          const std::string& input) override;
};

}  // namespace wasmgate::server
