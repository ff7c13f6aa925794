#pragma once
// The part of the command tree that looks at a running gateway: get, describe.

#include <CLI/CLI.hpp>

#include "cli/status_options.h"

namespace wasmgate::cli {

/// `options` outlives `app`.
void add_status_commands(CLI::App& app, StatusOptions& options);

}  // namespace wasmgate::cli
