#pragma once
// The part of the command tree around images: pack, push, pull, copy, tag, login, logout, sign,
// verify.

#include <CLI/CLI.hpp>

#include "cli/distribution_options.h"

namespace wasmgate::cli {

/// `options` outlives `app`.
void add_distribution_commands(CLI::App& app, DistributionOptions& options);

}  // namespace wasmgate::cli
