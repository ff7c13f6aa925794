#pragma once
// The commands, one file each. Each returns the process's exit code (exit_codes.h) and prints
// through the console only.

#include "author/resources.h"
#include "cli/command_info.h"
#include "cli/command_line.h"
#include "cli/console.h"

namespace wasmgate::cli {

int run_command(const server::Options& options, Console& console);
int validate_command(const ValidateOptions& options, Console& console);
int explain_command(const ExplainOptions& options, Console& console);
int inspect_command(const InspectOptions& options, Console& console);
int new_command(const NewOptions& options, Console& console);
int build_command(const BuildOptions& options, Console& console);
int test_command(const TestOptions& options, Console& console);
int dev_command(const DevOptions& options, Console& console);
/// `run REF`: `daemon` has what the other options of `run` say.
int run_plugin_command(const RunPluginOptions& options, server::Options daemon, Console& console);
/// `run REF --once`. `plugin`: what REF means.
int once_command(const RunPluginOptions& options, const author::PluginSource& plugin,
                 Console& console);
int pack_command(const PackOptions& options, Console& console);
int push_command(const PushOptions& options, Console& console);
int pull_command(const PullOptions& options, Console& console);
int copy_command(const CopyOptions& options, Console& console);
int tag_command(const TagOptions& options, Console& console);
int login_command(const LoginOptions& options, Console& console);
int logout_command(const LogoutOptions& options, Console& console);
int sign_command(const SignOptions& options, Console& console);
int verify_command(const VerifyOptions& options, Console& console);
int get_command(const GetOptions& options, Console& console);
int describe_command(const DescribeOptions& options, Console& console);
int apply_command(const ApplyOptions& options, Console& console);
int delete_command(const DeleteOptions& options, Console& console);
int rollback_command(const RollbackOptions& options, Console& console);
int version_command(const std::string& output, Console& console);
int completion_command(const std::string& shell, const CommandInfo& tree, Console& console);
int man_command(const CommandInfo& tree, Console& console);

/// The version of this program, "0.1.0".
std::string program_version();

}  // namespace wasmgate::cli
