#pragma once
// Small parts that the command line's files share when they build the parser's tree. With
// command_line.cc and the files named
// *_command_line.cc the only ones that know CLI11.

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace wasmgate::cli {

/// A command below `parent`; `examples`: whole command lines, one a line, shown first in its help.
CLI::App* add_command(CLI::App& parent, const char* name, const char* help, const char* examples);

/// Lets the option take only these words; others are refused with the nearest one.
CLI::Option* one_of(CLI::Option* option, const std::vector<std::string>& words);

/// -o with these forms.
void add_output(CLI::App* command, std::string& target, const std::vector<std::string>& forms);

}  // namespace wasmgate::cli
