#pragma once
// What fetching needs from outside: waiting between tries, and the programs that keep credentials.
// The network itself is fetcher.h.

#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace wasmgate::artifact {

class Sleeper {
 public:
  virtual ~Sleeper() = default;

  /// Waits. Returns false when the wait was cut short because the work is no longer wanted.
  virtual bool sleep(Duration time) = 0;

  /// While it is on, others wait: every wait is cut short. Thread: any.
  virtual void hurry(bool on) { static_cast<void>(on); }
};

class CredentialHelper {
 public:
  virtual ~CredentialHelper() = default;

  /// Runs `docker-credential-<name> <verb>` with `input` on standard input; returns its output.
  /// Errors: NotFound (no such program, or it has nothing stored), Timeout, Unavailable (it failed;
  /// its words, no secrets).
  virtual Result<std::string> run(const std::string& name, const std::string& verb,
                                  const std::string& input) = 0;
};

}  // namespace wasmgate::artifact
