#include "cli/parser_parts.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/read/nearest.h"
#include "config/read/units.h"

namespace wasmgate::cli {

CLI::App* add_command(CLI::App& app, const char* name, const char* help, const char* examples) {
  CLI::App* command = app.add_subcommand(name, help);
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

CLI::Option* repeatable(CLI::App* command, const char* names, std::vector<std::string>& target,
                        const char* help, const char* value) {
  return command->add_option(names, target, help)->type_name(value)->allow_extra_args(false);
}

void add_output(CLI::App* command, std::string& target, const std::vector<std::string>& forms) {
  one_of(command->add_option("-o,--output", target, "form of the result"), forms);
}

CLI::Option* number(CLI::App* command, const char* names, int64_t& target, const char* help,
                    int64_t least, int64_t most) {
  return command->add_option(names, target, help)
      ->type_name("NUMBER")
      ->check([least, most](const std::string& text) {
        const auto parsed = config::parse_integer(text);
        return parsed && *parsed >= least && *parsed <= most
                   ? std::string()
                   : fmt::format("\"{}\" is not a number from {} to {}", text, least, most);
      });
}

}  // namespace wasmgate::cli
