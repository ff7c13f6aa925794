#pragma once
// The words after `wasmgate` into an invocation: which command, with which options. Of its
// sources only those named *_command_line.cc and parser_parts know CLI11. Nothing is printed here
// and nothing exits.

#include <optional>
#include <string>
#include <vector>

#include "cli/author_options.h"
#include "cli/change_options.h"
#include "cli/command_info.h"
#include "cli/distribution_options.h"
#include "cli/status_options.h"
#include "server/options.h"

namespace wasmgate::cli {

struct ValidateOptions {
  std::vector<std::string> paths;
  std::string output = "text";  // text, json, sarif, github
  bool strict = false;          // warnings count as errors
};

struct ExplainOptions {
  std::vector<std::string> paths;
  std::string url;
  std::string output = "text";  // text, json
};

struct InspectOptions {
  std::string file;
  bool check = false;           // only the verdict, as exit code
  std::string output = "text";  // text, json
};

struct Invocation {
  std::string command;  // "run", "validate", …; empty: none was given
  std::string color = "auto";
  server::Options run;
  ValidateOptions validate;
  ExplainOptions explain;
  InspectOptions inspect;
  AuthorOptions author;
  DistributionOptions distribution;
  StatusOptions status;
  ChangeOptions change;
  std::string version_output = "text";
  std::string shell;  // bash, zsh, fish
};

/// What came out of parsing. Exactly one of: an invocation; a text for standard output (help,
/// version); an error text.
struct Parsed {
  std::optional<Invocation> invocation;
  std::string help;
  bool version = false;
  std::string error;
};

/// `words`: the arguments without the program's name. Environment variables WASMGATE_… fill options
/// that are not given.
Parsed parse_command_line(const std::vector<std::string>& words);

/// All commands and options, hidden ones marked.
CommandInfo command_tree();

/// ADDRESS:PORT with an IPv4 address or a bracketed IPv6 address. Returns nothing for other text.
std::optional<config::Listener> parse_listener(const std::string& text);

}  // namespace wasmgate::cli
