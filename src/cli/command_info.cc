#include "cli/command_info.h"

#include <fmt/format.h>

#include <algorithm>

namespace wasmgate::cli {
namespace {

constexpr size_t kColumn = 30;

std::string left_side(const OptionInfo& option) {
  std::string out;
  for (const std::string& name : option.names) {
    out += (out.empty() ? "" : ", ") + name;
  }
  // "--long" under "-s, --long".
  if (!option.positional && option.names.size() == 1 && option.names[0].starts_with("--")) {
    out.insert(0, "    ");
  }
  return option.positional || option.value.empty() ? out : out + " " + option.value;
}

std::string line(const std::string& left, const std::string& right) {
  if (left.size() + 2 > kColumn) {
    return fmt::format("  {}\n  {:<{}}{}\n", left, "", kColumn, right);
  }
  return fmt::format("  {:<{}}{}\n", left, kColumn, right);
}

std::string notes(const OptionInfo& option) {
  std::string out = option.help;
  out += option.required ? " (required)" : "";
  out += option.repeatable ? " (repeatable)" : "";
  out += option.environment.empty() ? "" : " [$" + option.environment + "]";
  return out;
}

}  // namespace

std::vector<std::string> OptionInfo::choices() const {
  std::vector<std::string> out;
  if (value.find('|') == std::string::npos) {
    return out;
  }
  for (size_t at = 0; at <= value.size();) {
    const size_t end = std::min(value.find('|', at), value.size());
    const std::string word = value.substr(at, end - at);
    // Words in capitals stand for something else (PATH).
    if (std::none_of(word.begin(), word.end(), [](char c) { return c >= 'A' && c <= 'Z'; })) {
      out.push_back(word);
    }
    at = end + 1;
  }
  return out;
}

const CommandInfo* CommandInfo::find(const std::string& command) const {
  const auto found = std::find_if(commands.begin(), commands.end(),
                                  [&](const CommandInfo& c) { return c.name == command; });
  return found == commands.end() ? nullptr : &*found;
}

std::string help_text(const CommandInfo& command, const std::string& path) {
  std::string out = fmt::format("{}: {}\n", path, command.help);
  if (!command.examples.empty()) {
    out += "\nExamples:\n";
    for (const std::string& example : command.examples) {
      out += "  " + example + "\n";
    }
  }
  std::string usage = path;
  usage += command.commands.empty() ? "" : " COMMAND";
  usage += " [OPTIONS]";
  for (const OptionInfo& option : command.options) {
    if (option.positional) {
      usage += option.required ? " " + option.names[0] : " [" + option.names[0] + "]";
    }
  }
  out += "\nUsage: " + usage + "\n";
  if (!command.commands.empty()) {
    out += "\nCommands:\n";
    for (const CommandInfo& sub : command.commands) {
      out += sub.hidden ? "" : line(sub.name, sub.help);
    }
  }
  for (const bool positional : {true, false}) {
    const auto is = [&](const OptionInfo& option) { return option.positional == positional; };
    if (std::any_of(command.options.begin(), command.options.end(), is)) {
      out += positional ? "\nArguments:\n" : "\nOptions:\n";
      for (const OptionInfo& option : command.options) {
        out += is(option) ? line(left_side(option), notes(option)) : "";
      }
    }
  }
  return out;
}

}  // namespace wasmgate::cli
