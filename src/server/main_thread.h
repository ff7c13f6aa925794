#pragma once
// The daemon: makes the process's parts, starts the workers, brings configurations to them, answers
// signals and admin requests, and ends gracefully. Start reading here to see who starts what.

#include "server/options.h"

namespace wasmgate::server {

/// Runs until a signal ends it. Returns the process's exit code: 0; 1 when it cannot start (ports,
/// state folder); 3 when the configuration at start is invalid (all diagnostics go to standard
/// error).
int run(const Options& options);

}  // namespace wasmgate::server
