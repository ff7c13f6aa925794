#pragma once
// The part of the command tree that changes a running gateway: apply, delete, rollback.

#include <CLI/CLI.hpp>

#include "cli/change_options.h"

namespace wasmgate::cli {

/// `options` outlives `app`.
void add_change_commands(CLI::App& app, ChangeOptions& options);

}  // namespace wasmgate::cli
