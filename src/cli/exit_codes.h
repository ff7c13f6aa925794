#pragma once
// What the process's exit code says. Documented in docs/cli.md; scripts rely on it.

namespace wasmgate::cli {

enum ExitCode : int {
  kOk = 0,
  kFailed = 1,
  kUsage = 2,
  kInvalidConfiguration = 3,
  kNotFound = 4,
  kDenied = 5,
  kNetwork = 6,
  kMismatch = 7,
  kTestsFailed = 8,
  kPluginBroke = 9,
  kTimedOut = 124,
  kInterrupted = 130,
};

}  // namespace wasmgate::cli
