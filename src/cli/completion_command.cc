#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/exit_codes.h"

namespace wasmgate::cli {
namespace {

std::string joined(const std::vector<std::string>& words, std::string_view between = " ") {
  std::string out;
  for (const std::string& word : words) {
    out += (out.empty() ? "" : std::string(between)) + word;
  }
  return out;
}

std::vector<std::string> visible_commands(const CommandInfo& tree) {
  std::vector<std::string> out;
  for (const CommandInfo& command : tree.commands) {
    if (!command.hidden) {
      out.push_back(command.name);
    }
  }
  return out;
}

// A text between single quotes of any of the three shells.
std::string in_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return out + "'";
}

bool wants_path(const OptionInfo& option) {
  return option.value.find("PATH") != std::string::npos ||
         option.value.find("FILE") != std::string::npos;
}

// ---- bash

std::string bash_option_cases(const CommandInfo& command) {
  std::string out;
  for (const OptionInfo& option : command.options) {
    if (option.positional || option.value.empty()) {
      continue;
    }
    std::string action = "return";
    if (wants_path(option)) {
      action = "compopt -o filenames; COMPREPLY=($(compgen -W " +
               in_quotes(joined(option.choices())) +
               " -- \"$cur\") $(compgen -f -- \"$cur\")); return";
    } else if (!option.choices().empty()) {
      action = "COMPREPLY=($(compgen -W " + in_quotes(joined(option.choices())) +
               " -- \"$cur\")); return";
    }
    out += fmt::format("        {}) {} ;;\n", joined(option.names, "|"), action);
  }
  return out;
}

std::string bash_words(const CommandInfo& command) {
  std::vector<std::string> words = visible_commands(command);
  for (const OptionInfo& option : command.options) {
    if (option.positional) {
      const auto choices = option.choices();
      words.insert(words.end(), choices.begin(), choices.end());
    } else {
      words.insert(words.end(), option.names.begin(), option.names.end());
    }
  }
  return joined(words);
}

std::string bash(const CommandInfo& tree) {
  std::string out =
      "# bash completion for wasmgate\n_wasmgate() {\n"
      "  local cur=\"${COMP_WORDS[COMP_CWORD]}\" prev=\"${COMP_WORDS[COMP_CWORD-1]}\" command= "
      "word\n"
      "  COMPREPLY=()\n"
      "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
      "    case \"$word\" in\n";
  out += "      " + joined(visible_commands(tree), "|") +
         ") command=\"$word\"; break ;;\n    esac\n  done\n";
  out += "  case \"$command\" in\n";
  const auto block = [&](const CommandInfo& command, const std::string& pattern) {
    out += "    " + pattern + ")\n      case \"$prev\" in\n" + bash_option_cases(command);
    out += "        *) ;;\n      esac\n      COMPREPLY=($(compgen -W " +
           in_quotes(bash_words(command)) + " -- \"$cur\")) ;;\n";
  };
  block(tree, "\"\"");
  for (const CommandInfo& command : tree.commands) {
    if (!command.hidden) {
      block(command, command.name);
    }
  }
  return out + "  esac\n}\ncomplete -o bashdefault -o default -F _wasmgate wasmgate\n";
}

// ---- zsh

// Text inside a specification of _arguments: brackets and colons are special there.
std::string zsh_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    out += c == '[' || c == ']' || c == ':' ? std::string("\\") + c : std::string(1, c);
  }
  return out;
}

std::string zsh_action(const OptionInfo& option) {
  const std::string words = joined(option.choices());
  if (wants_path(option)) {
    return "_files";
  }
  return words.empty() ? " " : "(" + words + ")";
}

std::string zsh_arguments(const CommandInfo& command) {
  std::string out;
  for (const OptionInfo& option : command.options) {
    if (option.positional) {
      out +=
          " \\\n        " + in_quotes(":" + zsh_text(option.names[0]) + ":" + zsh_action(option));
      continue;
    }
    for (const std::string& name : option.names) {
      std::string spec = (option.repeatable ? "*" : "") + name + "[" + zsh_text(option.help) + "]";
      spec += option.value.empty() ? "" : ":" + zsh_text(option.value) + ":" + zsh_action(option);
      out += " \\\n        " + in_quotes(spec);
    }
  }
  return out;
}

std::string zsh(const CommandInfo& tree) {
  std::string out = "#compdef wasmgate\n_wasmgate() {\n  local -a commands\n  commands=(\n";
  for (const CommandInfo& command : tree.commands) {
    if (!command.hidden) {
      out += "    " + in_quotes(command.name + ":" + zsh_text(command.help)) + "\n";
    }
  }
  out += "  )\n  _arguments -C" + zsh_arguments(tree) +
         " \\\n        '1:command:->command' '*::argument:->argument'\n"
         "  case $state in\n    command) _describe command commands ;;\n    argument)\n      case "
         "$words[1] in\n";
  for (const CommandInfo& command : tree.commands) {
    if (!command.hidden) {
      out += "      " + command.name + ") _arguments" + zsh_arguments(command) + " ;;\n";
    }
  }
  return out + "      esac ;;\n  esac\n}\ncompdef _wasmgate wasmgate\n";
}

// ---- fish

std::string fish_option(const OptionInfo& option, const std::string& condition) {
  std::string out = "complete -c wasmgate -n " + in_quotes(condition);
  for (const std::string& name : option.names) {
    out += name.starts_with("--")  ? " -l " + name.substr(2)
           : name.starts_with("-") ? " -s " + name.substr(1)
                                   : "";
  }
  if (!option.value.empty() && !option.positional) {
    out += wants_path(option) ? " -r -F" : " -x";
  }
  if (const std::string words = joined(option.choices()); !words.empty()) {
    out += " -a " + in_quotes(words);
  }
  return out + " -d " + in_quotes(option.help) + "\n";
}

std::string fish(const CommandInfo& tree) {
  std::string out = "# fish completion for wasmgate\ncomplete -c wasmgate -f\n";
  for (const CommandInfo& command : tree.commands) {
    if (!command.hidden) {
      out += "complete -c wasmgate -n __fish_use_subcommand -a " + command.name + " -d " +
             in_quotes(command.help) + "\n";
    }
  }
  for (const OptionInfo& option : tree.options) {
    out += fish_option(option, "__fish_use_subcommand");
  }
  for (const CommandInfo& command : tree.commands) {
    for (const OptionInfo& option : command.options) {
      const bool shown = !option.positional || !option.choices().empty();
      out += command.hidden || !shown
                 ? ""
                 : fish_option(option, "__fish_seen_subcommand_from " + command.name);
    }
  }
  return out;
}

}  // namespace

int completion_command(const std::string& shell, const CommandInfo& tree, Console& console) {
  console.out << (shell == "bash" ? bash(tree) : shell == "zsh" ? zsh(tree) : fish(tree));
  return kOk;
}

}  // namespace wasmgate::cli
