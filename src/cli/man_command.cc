#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/exit_codes.h"

namespace wasmgate::cli {
namespace {

// Text for roff: backslashes and hyphens escaped, no line begins with a control character.
std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (out.empty() && (c == '.' || c == '\'')) {
      out += "\\&";
    }
    out += c == '\\' ? std::string("\\e") : c == '-' ? std::string("\\-") : std::string(1, c);
  }
  return out;
}

std::string option_entry(const OptionInfo& option) {
  std::string head;
  for (const std::string& name : option.names) {
    head += (head.empty() ? "\\fB" : ", \\fB") + roff(name) + "\\fR";
  }
  if (!option.value.empty() && !option.positional) {
    head += " \\fI" + roff(option.value) + "\\fR";
  }
  std::string text = option.help;
  text += option.repeatable ? " May be given more than once." : "";
  text += option.environment.empty() ? "" : " Environment: " + option.environment + ".";
  return ".TP\n" + head + "\n" + roff(text) + "\n";
}

std::string command_section(const CommandInfo& command) {
  std::string out = fmt::format(".SS wasmgate {}\n{}.\n", roff(command.name), roff(command.help));
  for (const OptionInfo& option : command.options) {
    out += option_entry(option);
  }
  if (!command.examples.empty()) {
    out += ".PP\nExamples:\n.PP\n.nf\n.RS\n";
    for (const std::string& example : command.examples) {
      out += roff(example) + "\n";
    }
    out += ".RE\n.fi\n";
  }
  return out;
}

constexpr std::string_view kExitCodes =
    ".SH EXIT STATUS\n"
    ".TP\n0\nsuccess\n.TP\n1\nthe operation failed\n.TP\n2\nwrong usage\n.TP\n3\nthe configuration "
    "is invalid\n"
    ".TP\n4\nnot found\n.TP\n5\ndenied\n.TP\n6\nnetwork or registry\n.TP\n7\ndigest or signature "
    "mismatch\n"
    ".TP\n8\ntests failed\n.TP\n9\na plug\\-in trapped or exceeded a limit\n.TP\n124\ntimed "
    "out\n.TP\n130\ninterrupted\n";

}  // namespace

int man_command(const CommandInfo& tree, Console& console) {
  std::string out = fmt::format(".TH WASMGATE 1 \"\" \"wasmgate {}\" \"User Commands\"\n",
                                roff(program_version()));
  out += ".SH NAME\nwasmgate \\- " + roff(tree.help) + "\n";
  out += ".SH SYNOPSIS\n\\fBwasmgate\\fR \\fICOMMAND\\fR [\\fIOPTIONS\\fR]\n";
  out += ".SH OPTIONS\n";
  for (const OptionInfo& option : tree.options) {
    out += option_entry(option);
  }
  out += ".SH COMMANDS\n";
  for (const CommandInfo& command : tree.commands) {
    out += command.hidden ? "" : command_section(command);
  }
  console.out << out << kExitCodes;
  return kOk;
}

}  // namespace wasmgate::cli
