#pragma once
// What the command tree's parts share: making a sub-command, and options whose value is one of a
// few words. For the files that build the tree.

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace wasmgate::cli {

/// A sub-command of `app`; `examples`: whole command lines, one per line.
CLI::App* add_command(CLI::App& app, const char* name, const char* help, const char* examples);

/// The value must be one of `words`; others are refused with the nearest as suggestion.
CLI::Option* one_of(CLI::Option* option, const std::vector<std::string>& words);

/// One value per occurrence, so that positionals may follow.
CLI::Option* repeatable(CLI::App* command, const char* names, std::vector<std::string>& target,
                        const char* help, const char* value);

/// -o with these forms.
void add_output(CLI::App* command, std::string& target, const std::vector<std::string>& forms);

/// A whole number from `least` to `most`.
CLI::Option* number(CLI::App* command, const char* names, int64_t& target, const char* help,
                    int64_t least, int64_t most);

}  // namespace wasmgate::cli
