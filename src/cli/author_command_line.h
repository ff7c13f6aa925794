#pragma once
// The commands of plug-ins' authors in the parser's tree: new, build, test, dev, and the second
// form of run.

#include <CLI/CLI.hpp>

#include "cli/author_options.h"

namespace wasmgate::cli {

/// Adds the commands. `values` outlives `app`.
void add_author_commands(CLI::App& app, AuthorOptions& values);

/// Adds REF and --config to `run`; REF excludes `files`.
void add_run_plugin(CLI::App* run, RunPluginOptions& values, CLI::Option* files);

}  // namespace wasmgate::cli
