#include "cli/main.h"

#include <cstdlib>
#include <functional>
#include <map>

#include "cli/commands.h"
#include "cli/exit_codes.h"
#include "server/plugin_compiler.h"

namespace wasmgate::cli {
namespace {

// The commands around images; nothing when it is none of them.
std::optional<int> dispatch_distribution(const std::string& command,
                                         const DistributionOptions& options, Console& console) {
  const std::map<std::string, std::function<int()>> commands = {
      {"pack", [&] { return pack_command(options.pack, console); }},
      {"push", [&] { return push_command(options.push, console); }},
      {"pull", [&] { return pull_command(options.pull, console); }},
      {"copy", [&] { return copy_command(options.copy, console); }},
      {"tag", [&] { return tag_command(options.tag, console); }},
      {"login", [&] { return login_command(options.login, console); }},
      {"logout", [&] { return logout_command(options.logout, console); }},
      {"sign", [&] { return sign_command(options.sign, console); }},
      {"verify", [&] { return verify_command(options.verify, console); }}};
  const auto found = commands.find(command);
  return found == commands.end() ? std::nullopt : std::optional(found->second());
}

int dispatch(const Invocation& invocation, Console& console) {
  const std::string& command = invocation.command;
  if (command == "run") {
    const RunPluginOptions& plugin = invocation.author.run_plugin;
    return plugin.reference.empty() ? run_command(invocation.run, console)
                                    : run_plugin_command(plugin, invocation.run, console);
  }
  if (command == "validate") {
    return validate_command(invocation.validate, console);
  }
  if (command == "explain") {
    return explain_command(invocation.explain, console);
  }
  if (command == "inspect") {
    return inspect_command(invocation.inspect, console);
  }
  if (command == "new") {
    return new_command(invocation.author.create, console);
  }
  if (command == "build") {
    return build_command(invocation.author.build, console);
  }
  if (command == "test") {
    return test_command(invocation.author.test, console);
  }
  if (command == "dev") {
    return dev_command(invocation.author.dev, console);
  }
  if (command == "get") {
    return get_command(invocation.status.get, console);
  }
  if (command == "describe") {
    return describe_command(invocation.status.describe, console);
  }
  if (command == "apply") {
    return apply_command(invocation.change.apply, console);
  }
  if (command == "delete") {
    return delete_command(invocation.change.remove, console);
  }
  if (command == "rollback") {
    return rollback_command(invocation.change.rollback, console);
  }
  if (command == "version") {
    return version_command(invocation.version_output, console);
  }
  if (command == "completion") {
    return completion_command(invocation.shell, command_tree(), console);
  }
  if (command == "man") {
    return man_command(command_tree(), console);
  }
  if (const auto code = dispatch_distribution(command, invocation.distribution, console)) {
    return *code;
  }
  return server::compile_module_main();
}

}  // namespace

int main(const std::vector<std::string>& words, Console console, const Terminals& terminals) {
  const Parsed parsed = parse_command_line(words);
  if (!parsed.error.empty()) {
    console.err << parsed.error << "Try 'wasmgate --help'.\n";
    return kUsage;
  }
  if (parsed.version) {
    return version_command("text", console);
  }
  if (!parsed.invocation) {
    console.out << parsed.help;
    return kOk;
  }
  const auto environment = [](const char* name) { return std::getenv(name); };
  console.color = use_color(parsed.invocation->color, terminals.out, environment);
  const char* term = environment("TERM");
  console.animate = terminals.err && term != nullptr && std::string_view(term) != "dumb";
  return dispatch(*parsed.invocation, console);
}

}  // namespace wasmgate::cli
