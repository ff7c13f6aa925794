#pragma once
// The tree of commands as plain data, taken from the parser: help texts, man page, completion
// scripts and suggestions are made from it, so that they cannot differ from what the parser takes.

#include <string>
#include <vector>

namespace wasmgate::cli {

struct OptionInfo {
  std::vector<std::string> names;  // "-f", "--file"; a positional has its name only: "URL"
  std::string value;               // "PATH", "text|json"; empty: a flag
  std::string help;
  std::string environment;  // "WASMGATE_LISTEN" or empty
  bool positional = false;
  bool required = false;
  bool repeatable = false;

  /// The words that the value may be, when it is one of few ("text|json").
  std::vector<std::string> choices() const;
};

struct CommandInfo {
  std::string name;
  std::string help;                   // one line
  std::vector<std::string> examples;  // whole command lines
  std::vector<OptionInfo> options;
  std::vector<CommandInfo> commands;
  bool hidden = false;

  const CommandInfo* find(const std::string& command) const;
};

/// The help of `command`; `path`: the words that lead to it ("wasmgate validate"). Examples come
/// first.
std::string help_text(const CommandInfo& command, const std::string& path);

}  // namespace wasmgate::cli
