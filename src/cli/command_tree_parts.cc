#include "cli/command_tree_parts.h"

#include <algorithm>

#include "config/read/nearest.h"

namespace wasmgate::cli {

CLI::App* add_command(CLI::App& parent, const char* name, const char* help, const char* examples) {
  CLI::App* command = parent.add_subcommand(name, help);
  command->footer(examples);
  command->fallthrough();  // --color may stand after the command
  return command;
}

CLI::Option* one_of(CLI::Option* option, const std::vector<std::string>& words) {
  std::string list;
  for (const std::string& word : words) {
    list += (list.empty() ? "" : "|") + word;
  }
  return option
      ->check([words, list](const std::string& text) {
        if (std::find(words.begin(), words.end(), text) != words.end()) {
          return std::string();
        }
        const std::string near = config::nearest(text, words);
        return "\"" + text + "\" is none of " + list +
               (near.empty() ? "" : "; did you mean \"" + near + "\"?");
      })
      ->type_name(list);
}

void add_output(CLI::App* command, std::string& target, const std::vector<std::string>& forms) {
  one_of(command->add_option("-o,--output", target, "form of the result"), forms);
}

}  // namespace wasmgate::cli
